"""What a handed-off folder is asked before its model may serve. Each check raises `ModelError`, or says what it saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..model import check, handoff, score, trusted
from ..model.handoff import Handoff
from ..model.project import Schema
from .problems import ProblemError
from .records import Requests
from .served import Served

INTERFACE = ("target", "timestamp", "classes")
FEWEST = 3


@dataclass(frozen=True)
class Check:
    """One check's outcome; `passed` is None where it could not be run since another failed."""

    name: str
    passed: bool | None
    detail: str

    @property
    def mark(self) -> str:
        return {True: "passed", False: "FAILED", None: "not run"}[self.passed]


@dataclass
class Examined:
    """A folder, what this repo expects of it, and what the checks have found out so far."""

    folder: Path
    expected: Schema
    reason: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    schema: Schema | None = None
    loaded: Handoff | None = None
    served: Served | None = None


def checksums(it: Examined) -> str:
    """Every file is the one that was handed off."""
    listed = handoff.read_sums(it.folder)
    lacking = [name for name in handoff.NEEDED if name not in listed]
    changed = [name for name, digest in listed.items() if differs(it.folder / name, digest)]
    if lacking or changed:
        parts = [f"{name} is not listed" for name in lacking] + [f"{name} is missing or changed" for name in changed]
        raise ModelError("; ".join(parts), fix=handoff.AGAIN)
    return f"{len(listed)} files"


def differs(path: Path, digest: str) -> bool:
    return not path.is_file() or handoff.sha256(path) != digest


def form(it: Examined) -> str:
    """`schema.json` is one that this repo can read, and of this model."""
    it.about = handoff.read_json(it.folder / handoff.SCHEMA)
    it.schema = handoff.read_schema(it.about, it.folder / handoff.SCHEMA)
    model = it.folder / handoff.MODEL
    if differs(model, str(it.about.get("model_sha256"))):
        raise ModelError(f"{handoff.SCHEMA} describes another model file", fix=handoff.AGAIN)
    return f"format {handoff.FORMAT}, model {handoff.sha256(model)}"


def interface(it: Examined) -> str:
    """The model takes and gives what `project.toml` says; how it was trained is the science's affair."""
    assert it.schema is not None
    given, expected = shape(it.schema), shape(it.expected)
    wrong = [
        f"{key} is {given.get(key, 'absent')!r} and in project.toml {expected.get(key, 'absent')!r}"
        for key in dict.fromkeys((*expected, *given))
        if given.get(key) != expected.get(key)
    ]
    if wrong:
        raise ModelError("; ".join(wrong), fix="hand off a model of this project.toml, or change it here")
    return f"{len(it.schema.inputs)} inputs, {it.schema.training.task} of {it.schema.table.target}"


def shape(schema: Schema) -> dict[str, object]:
    """What callers of a model depend on, key by key."""
    content = schema.model_dump(mode="json")
    columns = {f"columns.{name}": column for name, column in content["columns"].items()}
    table = {f"table.{key}": content["table"][key] for key in INTERFACE}
    return {**table, "training.task": content["training"]["task"], **columns, "features": content["features"]}


def libraries(it: Examined) -> str:
    """scikit-learn is the version that made the model."""
    handoff.same_library(it.about, it.folder)
    made = it.about.get("libraries", {})
    return ", ".join(f"{name} {version}" for name, version in made.items())


def types(it: Examined) -> str:
    """The model file holds data of reviewed types, and no code."""
    assert it.schema is not None
    estimator = it.schema.training.estimator
    trusted.loads((it.folder / handoff.MODEL).read_bytes(), estimator, handoff.MODEL)
    return f"skops' own types and the reviewed ones of {estimator}"


def loads(it: Examined) -> str:
    """The model loads, compiles or does not, and is proven equal to its pipeline or is served by that."""
    it.loaded = handoff.load(it.folder)
    try:
        it.served = Served(it.loaded)
    except ProblemError as error:
        wrong = f"{handoff.REQUEST} is not a request that the service takes: {error.detail}"
        raise ModelError(wrong, fix=handoff.AGAIN) from None
    return it.served.way.sentence


def sample(it: Examined) -> str:
    """The sample request gives the recorded response, by the pipeline and by the way it will be served."""
    assert it.loaded is not None
    assert it.served is not None
    recorded = handoff.read_json(it.folder / handoff.RESPONSE).get("predictions")
    records = it.served.sample
    if not isinstance(recorded, list) or len(recorded) != len(records) or len(records) < FEWEST:
        count = len(recorded) if isinstance(recorded, list) else "no"
        wrong = f"{len(records)} sample records and {count} recorded predictions, at least {FEWEST} of both are needed"
        raise ModelError(wrong, fix=handoff.AGAIN)
    served = it.served.score(Requests(it.served.schema, len(records)).rows(records))
    for way, given in {"pipeline": score.items(it.loaded, records), "served": served}.items():
        for number, (one, expected) in enumerate(zip(given, recorded, strict=True)):
            if not check.same(one, expected):
                wrong = f"sample record {number} ({way}) gives {one} and {expected} is recorded"
                raise ModelError(wrong, fix="find out which of the two is right; then hand off again")
    return f"{len(records)} predictions as recorded, to {check.TOLERANCE:g}"


def baseline(it: Examined) -> str:
    """The model beats the naive baseline; where that is unclear, someone must say why it is taken all the same."""
    found = handoff.read_json(it.folder / handoff.METRICS)
    metric, verdict = found.get("metric"), found.get("verdict")
    ours, naive = (figure(found, side, metric) for side in ("model", "baseline"))
    seen = f"{metric} {ours:.4g}, baseline {naive:.4g}, verdict {verdict!r}"
    direction = it.expected.metric.direction
    if metric != it.expected.metric.name:
        raise ModelError(f"judged by {metric!r}, project.toml by {it.expected.metric.name!r}", fix=handoff.AGAIN)
    if not (ours < naive if direction == "lower" else ours > naive) or verdict not in ("better", "unclear"):
        raise ModelError(f"{seen}: no better than the naive baseline", fix="do not use it; train a better one")
    if verdict == "unclear" and not it.reason:
        raise ModelError(
            f"{seen}: unclear whether it is better", fix="train on more rows, or give a --reason to take it"
        )
    return seen


def figure(found: dict[str, Any], side: str, metric: object) -> float:
    """One figure of `metrics.json`."""
    values = found.get(side)
    value = values.get(metric) if isinstance(values, dict) else None
    if not isinstance(value, int | float):
        raise ModelError(f"{handoff.METRICS} has no figure {side}.{metric}", fix=handoff.AGAIN)
    return float(value)


# name, the checks that must have passed before, the check
CHECKS: tuple[tuple[str, tuple[str, ...], Callable[[Examined], str]], ...] = (
    ("checksums", (), checksums),
    ("format", (), form),
    ("interface", ("format",), interface),
    ("libraries", ("format",), libraries),
    ("trusted types", ("checksums", "format"), types),
    ("scorer", ("trusted types", "libraries"), loads),
    ("sample scores", ("scorer",), sample),
    ("baseline", (), baseline),
)


def run(it: Examined) -> list[Check]:
    """All checks in order, none left out because an unrelated one failed."""
    done: dict[str, Check] = {}
    for name, needs, ask in CHECKS:
        lacking = [need for need in needs if not done[need].passed]
        if lacking:
            done[name] = Check(name, None, f"needs {', '.join(lacking)}")
            continue
        try:
            done[name] = Check(name, True, ask(it))
        except ModelError as error:
            done[name] = Check(name, False, f"{error.problem} (fix: {error.fix})")
    return list(done.values())
