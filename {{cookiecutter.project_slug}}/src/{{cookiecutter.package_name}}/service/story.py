"""Level 1's part of `mlops demo`: a hand-off is accepted, a swapped one is not, the service answers, and how fast."""

from __future__ import annotations

import copy
import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import skops.io
from matplotlib.figure import Figure as Canvas
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from ..errors import ModelError
from ..model import handoff, project, threads
from ..story import Chapter, Figure, Stage, Told
from . import accept, smoke, store
from .endpoint import Limits, Scoring
from .pipeline import ByPipeline
from .served import Served, Way

REASON = "the demo shows the service, whatever the model is worth"


def take_over(stage: Stage) -> Told:
    """`mlops accept handoff`."""
    schema = project.load(stage.root / "project.toml").schema_only
    done = accept.run(stage.root / "handoff", schema, models(stage), stage.clock, reason=REASON)
    figures: dict[str, Figure] = {check.name: check.detail for check in done.checks}
    text = "The application checked the folder before it took it; the acceptance record lies beside the model."
    return Told(text, {"model": done.digest[: store.SHORT], **figures})


def models(stage: Stage) -> store.Store:
    return store.Store(stage.root / "models")


def refuse(stage: Stage) -> Told:
    """Four hand-offs that were tampered with; each must be refused, and the served model must stay."""
    before, figures = models(stage).current(), dict[str, Figure]()
    for words, spoil in SABOTAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            spoilt = shutil.copytree(stage.root / "handoff", Path(folder) / "handoff")
            spoil(spoilt)
            figures[words] = refusal(spoilt, stage)
    if models(stage).current() != before:
        raise ModelError("a refused hand-off changed which model is served", fix="see service/accept.py")
    return Told("Four hand-offs were spoilt on purpose. Each was refused by the check that guards against it.", figures)


def refusal(folder: Path, stage: Stage) -> str:
    """Which check refused the folder, and why. Raises `ModelError` where none did."""
    schema = project.load(stage.root / "project.toml").schema_only
    try:
        accept.run(folder, schema, models(stage), stage.clock, reason=REASON)
    except accept.RefusedError as error:
        first = next(check for check in error.checks if check.passed is False)
        return f"refused by {first.name}: {first.detail.partition(' (fix')[0]}"
    raise ModelError("a hand-off that was spoilt on purpose was accepted", fix="see service/checks.py")


def flip_a_byte(folder: Path) -> None:
    content = bytearray((folder / handoff.MODEL).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / handoff.MODEL).write_bytes(content)


def swap_for_a_constant(folder: Path) -> None:
    """With every checksum renewed, as by somebody who means to deceive: only the sample's scores tell."""
    held = handoff.load(folder)
    kind, labels = DummyRegressor(), np.zeros(2)
    if held.schema.classification:
        kind, labels = DummyClassifier(), held.pipeline.classes_
    constant = kind.fit(np.zeros((len(labels), 1)), labels)
    model = Pipeline([("columns", held.pipeline.steps[0][1]), ("model", constant)])
    (folder / handoff.MODEL).write_bytes(skops.io.dumps(model))
    rewrite(folder, handoff.SCHEMA, model_sha256=handoff.sha256(folder / handoff.MODEL))


def change_a_column(folder: Path) -> None:
    schema = handoff.read_json(folder / handoff.SCHEMA)["schema"]
    name = next(iter(schema["columns"]))
    schema["columns"][name]["nullable"] = not schema["columns"][name]["nullable"]
    rewrite(folder, handoff.SCHEMA, schema=schema)


def change_an_answer(folder: Path) -> None:
    answers = handoff.read_json(folder / handoff.RESPONSE)["predictions"]
    rewrite(folder, handoff.RESPONSE, predictions=[answers[1], *answers[1:]])


def rewrite(folder: Path, name: str, **values: Any) -> None:
    """Change keys of a JSON file and renew the checksums."""
    handoff.write_json(folder / name, {**handoff.read_json(folder / name), **values})
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8", newline="\n")


SABOTAGES: dict[str, Callable[[Path], None]] = {
    "one byte of the model flipped": flip_a_byte,
    "model swapped for a constant, checksums renewed": swap_for_a_constant,
    "a column of another kind, checksums renewed": change_a_column,
    "a recorded answer changed, checksums renewed": change_an_answer,
}


def answer(stage: Stage) -> Told:
    """The service in a process of its own, asked over HTTP."""
    key, folder = secrets.token_urlsafe(16), models(stage).load().folder
    with smoke.started(stage.root / "models", key) as url:
        seen = list(smoke.probe(url, key, folder))
        record = handoff.read_json(folder / handoff.REQUEST)["records"][0]
        first = next(iter(record))
        bad = [
            {**record, "no_such_input": 1},
            {**record, first: []},
            {name: record[name] for name in record if name != first},
        ]
        statuses = [smoke.ask(f"{url}/score", body, key)[0] for body in bad]
        single = smoke.ask(f"{url}/score", record, key)
    if any(not 400 <= status < 500 for status in statuses) or single[0] != 200:
        raise ModelError(f"bad requests gave {statuses}, a good one {single[0]}", fix="see service/app.py")
    figures: dict[str, Figure] = {f"seen {number}": line for number, line in enumerate(seen, 1)}
    figures |= {"one record": json.dumps(single[1])[:120], "bad requests": ", ".join(map(str, statuses))}
    text = "Its answers are the ones recorded in the hand-off; bad requests got problem details. No prediction is kept."
    return Told(text, figures)


def hurry(stage: Stage) -> Told:
    """How long one record and a thousand take, from JSON to JSON, as compiled and by the pipeline."""
    served = Served(models(stage).load())
    plain = copy.copy(served)
    plain.way = Way(ByPipeline(served.pipeline, served.schema), None, "for comparison")
    record = served.sample[0]
    one = json.dumps(record).encode()
    many = json.dumps({"records": [record] * 1000}).encode()
    times: dict[str, list[float]] = {}
    for name, way in (("served", served), ("pipeline", plain)):
        with scoring(way) as ask, threads.for_rows(1000):
            times[name] = [middle(lambda ask=ask: ask.one(one)), middle(lambda ask=ask: ask.many(many))]  # type: ignore[misc]
    gains = [slow / fast for slow, fast in zip(times["pipeline"], times["served"], strict=True)]
    figures: dict[str, Figure] = {"scored": served.way.sentence}
    for at, rows in enumerate(("1 record", "1,000 records")):
        figures[f"{rows}, as served, ms"] = round(times["served"][at], 3)
        figures[f"{rows}, by the pipeline, ms"] = round(times["pipeline"][at], 3)
    figures["times as fast, 1 record"] = round(gains[0], 1)
    return Told(
        "The model is edited as an ordinary scikit-learn pipeline, and served in a form that was proven equal to it.",
        figures,
        (bars(times, stage.root / "reports" / "latency.png"),),
    )


@contextmanager
def scoring(served: Served) -> Iterator[Scoring]:
    """What answers requests, without a server around it."""
    found = Scoring(served, None, Limits())
    try:
        yield found
    finally:
        found.pool.shutdown()


def middle(ask: Callable[[], object], most: int = 200, seconds: float = 1.0) -> float:
    """The median of up to `most` calls within about `seconds`, in milliseconds."""
    ask()
    found: list[float] = []
    until = time.perf_counter() + seconds
    while len(found) < 5 or (len(found) < most and time.perf_counter() < until):
        started = time.perf_counter()
        ask()
        found.append((time.perf_counter() - started) * 1000)
    return median(found)


def bars(times: dict[str, list[float]], path: Path) -> Path:
    """Both ways side by side, on a logarithmic scale."""
    path.parent.mkdir(exist_ok=True)
    figure = Canvas(figsize=(6.5, 3.2), layout="constrained")
    axes = figure.subplots()
    names = ["1 record, pipeline", "1 record, as served", "1,000 records, pipeline", "1,000 records, as served"]
    values = [times[way][at] for at in (0, 1) for way in ("pipeline", "served")]
    drawn = axes.barh(names, values, color=["#999999", "#2a7f62"] * 2)
    axes.bar_label(drawn, [f" {value:.3g} ms" for value in values])
    axes.set(title="From JSON to JSON, median", xlabel="milliseconds, logarithmic", xscale="log")
    axes.set_xlim(min(values) / 2, max(values) * 5)
    axes.invert_yaxis()
    figure.savefig(path, dpi=90, metadata={"Software": ""})
    return path


CHAPTERS = [
    Chapter("Accepting a hand-off", take_over),
    Chapter("Refusing what was tampered with", refuse),
    Chapter("Serving over HTTP", answer),
    Chapter("Fast, and proven equal", hurry),
]
