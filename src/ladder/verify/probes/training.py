"""Training: a pipeline that starts by itself, whose gate decides, and whose result can be made again."""

from __future__ import annotations

import re

from ..ci.model import EVENT, MAIN, SCHEDULE
from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes
from . import coverage, graph

TRAIN = (
    r"\bpipeline run\b|\bdvc repro\b|\bkedro run\b|\bmlflow run\b|\baz ml job create\b"
    r"|\btrain(?:ing)?(?:\.py)?\b(?!\.yml)"
)
FIT = r"train|fit\b"
REGISTER = r"regist|publish|deploy"
GATE = r"gate|approve|threshold|validate_model|check_model"
OWN = r"\bairflow\b|\bprefect\b|\bdagster\b|\bmetaflow\b|\bzenml\b|\bkfp\b|\bluigi\b|\bflytekit\b|\bkedro\.pipeline\b"
CRON = re.compile(r"^\s*(?:[\d*/,-]+\s+){4}[\w*/,-]+\s*$")


def pipeline(it: Facts) -> Seen:
    """Steps joined by a file, a gate before what registers."""
    for found in graph.graphs(it):
        if found.like(FIT):
            return gated(found)
    orchestrated = it.code.says("", OWN)
    if orchestrated:
        return unknown(f"{orchestrated[0]} joins steps in code; which, only running it would tell", orchestrated[0])
    return no("no pipeline joins the steps of a training")


def gated(found: graph.Graph) -> Seen:
    """What registers stands on the gate, and is given its verdict."""
    gates, last = found.like(GATE), found.like(REGISTER)
    if not last:
        return no(f"{found.path} registers nothing", found.path)
    bare = [name for name in last if not {step for step, _ in found.steps[name]} & set(gates)]
    if bare:
        return no(f"in {found.path} the step {bare[0]} is not given the gate's verdict", found.path)
    return yes(f"{found.path} joins {len(found.steps)} steps, and registers by the gate's verdict", found.path)


def training_is_automated(it: Facts) -> Seen:
    started = it.firm("trains by itself", TRAIN, SCHEDULE, EVENT, MAIN)
    refuses = it.refuses("a model that the gate did not pass", GATE, r"passed|threshold|worse|metric")
    return every(pipeline(it), refuses, started)


def candidates_are_tested_unattended(it: Facts) -> Seen:
    asked = it.firm("trains upon an event or a schedule", TRAIN, SCHEDULE, EVENT)
    verdict = it.refuses("a verdict that was altered", r"gate", r"is not what the gate makes|altered|edited")
    return every(pipeline(it), verdict, asked, it.ask(coverage.all_code_is_tested))


def training_recurs(it: Facts) -> Seen:
    found = it.hits(TRAIN, SCHEDULE)
    if not found:
        return no("no workflow trains on a schedule")
    soft = [hit for hit in found if hit.command.soft]
    if soft:
        return no(f"{soft[0].place}: {soft[0].command.soft}", soft[0].workflow.path)
    crons = [cron for hit in found for cron in hit.workflow.crons]
    wrong = [cron for cron in crons if not CRON.match(cron)]
    if wrong:
        return no(f"{wrong[0]!r} is no time of a schedule", found[0].workflow.path)
    return every(
        yes(f"{found[0].workflow.path} trains on a schedule", found[0].workflow.path), alike(it, found[0].workflow.path)
    )


def alike(it: Facts, workflow: str) -> Seen:
    """The schedules of schedules.toml are those of the provider and of Azure."""
    rows = it.repo.toml("schedules.toml").get("schedule", [])
    wanted = {
        str(row["cron"])
        for row in rows
        if isinstance(row, dict) and row.get("enabled") is not False and row.get("cron")
    }
    if not rows:
        return yes("it is the only place that has the times")
    if not wanted:
        return no("every schedule of schedules.toml is switched off", "schedules.toml")
    text = it.repo.text(workflow)
    lacking = [cron for cron in wanted if cron not in text]
    triggers = [it.repo.yaml(name).get("trigger") for name in it.repo.glob("azure/schedules/*.yml")]
    there = {str(row.get("expression")) for row in triggers if isinstance(row, dict)}
    lacking += [cron for cron in wanted if triggers and cron not in there]
    if lacking:
        return no(f"schedules.toml says {lacking[0]!r}, and what was exported does not", "schedules.toml", workflow)
    return yes("schedules.toml says the same", "schedules.toml")


def models_are_reproducible(it: Facts) -> Seen:
    wanted = ("commit", "seed", "snapshot", "environment")
    records = [
        it_
        for it_ in it.code.find(r"regist|record|track|reproduc|lineage|train")
        if set(wanted) <= it_.keys | constants(it_.text)
    ]
    seeded = it.code.says("", r"random_state\s*=|\bseed\b|manual_seed")
    if not records:
        said = (
            "a seed is set; nothing records commit, data and environment of a run"
            if seeded
            else "nothing records how a model came about"
        )
        return no(said, *seeded[:1])
    return every(
        yes(f"{records[0].path} records {', '.join(wanted)}", records[0].path),
        yes("the seed is set", seeded[0]) if seeded else no("no seed is set"),
        it.refuses("a model that comes out otherwise", r"reproduc|repro|again", r"holds|differ|reproduced"),
    )


def constants(text: str) -> set[str]:
    return set(re.findall(r'"(\w+)"', text))


def models_lead_to_code(it: Facts) -> Seen:
    refusal = it.refuses("a model of code that is not committed", r"regist", r"not committed|dirty")
    if not refusal.holds and it.code.says("", r"register_model\(|registered_model_name"):
        return unknown("models are registered; whether their code is committed is not asked")
    lists = [it_ for it_ in it.code.find(r"registr(?:y|ies)\.py$|versions?\.py$|regist\w*\.py$") if required(it_.text)]
    named = (
        yes(f"a version must name its commit ({lists[0].path})", lists[0].path)
        if lists
        else no("a version need not name its commit")
    )
    return every(refusal, named, it.refuses("a version that leads nowhere", r"regist", r"lacking|traced"))


def required(text: str) -> bool:
    """Whether the tags that a version needs have the commit among them."""
    found = re.search(
        r"^(?:NEEDED|REQUIRED\w*|MANDATORY\w*)\b[^=\n]*=\s*[(\[{](.*?)[)\]}]", text, re.MULTILINE | re.DOTALL
    )
    return bool(found) and bool(re.search(r'["\'](?:git_)?(?:commit|sha)["\']', found[1] if found else ""))


def runs_name_their_cause(it: Facts) -> Seen:
    tagged = it.code.says(r"train|run|track", r'"cause":|\bset_tag\(["\']cause')
    kept = it.code.says(r"regist", r'"cause":')
    along = it.code.says(r"retrain|trigger|schedul|handl|ticks|asked", r"\bcause\s*=|cause=")
    return every(
        yes(f"a run is tagged with its cause ({tagged[0]})", tagged[0])
        if tagged
        else no("a run does not say what started it"),
        yes(f"and so is the version ({kept[0]})", kept[0])
        if kept
        else no("a version does not say what started its run"),
        yes(f"what asks says why ({along[0]})", along[0]) if along else no("what asks for a run does not say why"),
    )


PROBES = (
    training_is_automated,
    candidates_are_tested_unattended,
    training_recurs,
    models_are_reproducible,
    models_lead_to_code,
    runs_name_their_cause,
)
