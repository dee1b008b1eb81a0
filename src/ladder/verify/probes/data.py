"""Data: gathered by code, judged before it lands, named by digest, the first step of the pipeline."""

from __future__ import annotations

import re

from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes
from . import graph

FETCH = (
    r"\bread_sql\w*\(|\bcreate_engine\(|\brequests\.get\(|\burlopen\(|\bboto3\.|\bfsspec\.|BlobServiceClient|\bpsycopg\w*\.|\badlfs\b"
    r"|\bpyodbc\.|\bsnowflake\.connector|\bbigquery\.Client|\bkaggle\.api"
)
PLACE = (
    r"(^|/)(data|ingest\w*|etl|extract\w*|sources?|loaders?|datasets?|pipelines?)(/|\.py$|_)|make_dataset"
    r"|load_data|get_data"
)
JUDGE = r"great_expectations|\bpandera\b|\bpydantic\b|\bdeepchecks\b|\bsoda\b|\bwhylogs\b|tensorflow_data_validation"
DECIDES = {  # library -> how its outcome comes to decide
    r"great_expectations": r"\bif (?:not )?[\w.]*\.success\b|assert [\w.]+\.success",
    r"\bpandera\b|\bpydantic\b": r"\.validate\(|model_validate\(",
    r"\bdeepchecks\b|\bsoda\b|\bwhylogs\b|tensorflow_data_validation": r"\.passed\(|has_checks_fail|assert_no|anomal",
}
NAMED = r"sha256|sha1|md5|blake2"
INGEST = re.compile(
    r"ingest|gather|extract|fetch|download|collect|load_data|get_data|make_dataset|import", re.IGNORECASE
)


def data_is_gathered(it: Facts) -> Seen:
    fetch = it.code.says(PLACE, FETCH)
    if not fetch:
        return no("no code of a data pipeline reads a source")
    judges = it.code.says(PLACE, JUDGE)
    if not judges:
        return unknown(f"{fetch[0]} reads a source; nothing shows that bad data is refused", fetch[0])
    used = [how for library, how in DECIDES.items() if it.code.says(PLACE, library)]
    decides = it.code.says(PLACE, used[0])
    named = it.code.says(PLACE, NAMED)
    return every(
        yes(f"{fetch[0]} reads the source", *fetch[:2]),
        yes(f"the outcome of the validation decides ({decides[0]})", decides[0])
        if decides
        else no(f"what {judges[0]} finds decides nothing", judges[0]),
        yes(f"what landed is named by digest ({named[0]})", named[0]) if named else no("what landed has no digest"),
    )


def step_of(it: Facts) -> tuple[graph.Graph, str] | None:
    """The pipeline with a step that gathers, and that step."""
    for found in graph.graphs(it):
        for name in found.steps:
            if INGEST.search(name):
                return found, name
    return None


def data_is_a_pipeline_step(it: Facts) -> Seen:
    found = step_of(it)
    if found is None:
        return no("no pipeline has a step that gathers data")
    frozen = it.refuses(
        "a landed file that is not what was landed", r"snapshot|freeze|landed", r"checksum|sha256\(.*!="
    )
    return every(
        yes(f"{found[0].path} gathers in its step {found[1]}", found[0].path), it.ask(data_is_gathered), frozen
    )


def data_feeds_every_training(it: Facts) -> Seen:
    found = step_of(it)
    if found is None:
        return no("no pipeline has a step that gathers data")
    pipeline, first = found
    lying = [name for name in pipeline.steps if name != first and first not in pipeline.before(name)]
    if lying:
        return no(f"in {pipeline.path} the step {lying[0]} does not stand on {first}", pipeline.path)
    return every(yes(f"every step of {pipeline.path} stands on {first}", pipeline.path), it.ask(data_is_gathered))


def data_keeps_coming(it: Facts) -> Seen:
    rhythm = it.repo.toml("operate.toml").get("every", {})
    often = str(rhythm.get("ingest", "")) if isinstance(rhythm, dict) else ""
    looped = bool(re.match(r"^[1-9]\d*\s*[smhd]", often))
    if not looped and often:
        return no(f"operate.toml has ingest = {often!r}: the loop does not gather", "operate.toml")
    timed = [
        it for it in it.workflows if it.crons and any(INGEST.search(c.text) for job in it.jobs for c in job.commands)
    ]
    if not looped and not timed:
        return no("nothing gathers in a rhythm")
    joined = it.code.says(r"outcome|joined|label|feedback", r"\bevent_id\b|\bprediction_id\b|\brequest_id\b")
    back = (
        yes(f"outcomes are joined by the prediction's id ({joined[0]})", joined[0])
        if joined
        else no("no outcome comes back")
    )
    said = f"the loop gathers every {often}" if looped else f"{timed[0].path} gathers on schedule"
    return every(yes(said, "operate.toml" if looped else timed[0].path), back, it.ask(data_is_gathered))


PROBES = (data_is_gathered, data_is_a_pipeline_step, data_feeds_every_training, data_keeps_coming)
