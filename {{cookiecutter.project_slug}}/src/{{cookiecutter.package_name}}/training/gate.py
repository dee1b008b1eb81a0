"""Step `gate`: every clause of gate.toml, each with its figure. A model that does not pass is not registered."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import ModelError, ProjectError
from ..model import handoff
from .judge import RESULT

VERDICT, PAGE = "verdict.json", "verdict.md"


class GateError(ModelError):
    """The model did not pass; the verdict says by which clause."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rows(Part):
    """How many rows there must be."""

    train: Annotated[int, Field(ge=1)] = 500
    test: Annotated[int, Field(ge=1)] = 100
    slice: Annotated[int, Field(ge=1)] = 50


class Tolerance(Part):
    """By which share of the other's figure the model may be worse."""

    tolerance: Annotated[float, Field(ge=0, le=1)] = 0.0


class Slices(Part):
    """The same for each slice: against the naive baseline, and against the champion."""

    baseline: Annotated[float, Field(ge=0, le=1)] = 0.0
    champion: Annotated[float, Field(ge=0, le=1)] = 0.1


class Policy(Part):
    """`gate.toml`. `floors`: target -> metric -> the worst figure that is good enough."""

    rows: Rows = Rows()
    floors: dict[str, dict[str, float]] = {}
    champion: Tolerance = Tolerance(tolerance=0.01)
    slices: Slices = Slices()


@dataclass(frozen=True)
class Clause:
    """One clause's outcome; `passed` is None where it does not apply, and `seen` says why."""

    name: str
    passed: bool | None
    seen: str

    @property
    def mark(self) -> str:
        return {True: "passed", False: "REFUSED", None: "does not apply"}[self.passed]


@dataclass(frozen=True)
class Verdict:
    """All clauses, and to what they apply: the digests of model, evaluation and policy."""

    clauses: tuple[Clause, ...]
    model_sha256: str
    evaluation_sha256: str
    policy_sha256: str

    @property
    def passed(self) -> bool:
        return all(clause.passed is not False for clause in self.clauses) and any(it.passed for it in self.clauses)

    @property
    def refused_by(self) -> list[Clause]:
        return [clause for clause in self.clauses if clause.passed is False]


def read_policy(path: Path) -> Policy:
    """Read gate.toml. Raises `ProjectError` naming the key that is wrong."""
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ProjectError(f"{path} does not exist", fix="restore gate.toml: without it nothing is registered") from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{path} is not TOML: {error}", fix="correct that line") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        wrong = f"{path}: {where} is {first['input']!r}: {first['msg'].lower()}"
        raise ProjectError(wrong, fix="docs/training.md lists the keys and what they may be") from None


def run(evaluation: Path, policy: Path, out: Path) -> Verdict:
    """Judge, write the verdict for machines and people. Raises `GateError` naming each clause that refused."""
    found = handoff.read_json(evaluation / RESULT)
    verdict = Verdict(
        clauses(found, read_policy(policy)),
        str(found["model_sha256"]),
        handoff.sha256(evaluation / RESULT),
        hashlib.sha256(policy.read_bytes()).hexdigest(),
    )
    out.mkdir(parents=True, exist_ok=True)
    handoff.write_json(out / VERDICT, {"passed": verdict.passed, **asdict(verdict)})
    (out / PAGE).write_text(page(verdict), encoding="utf-8", newline="\n")
    note(verdict, out)
    if not verdict.passed:
        lines = "".join(f"\n  {clause.name}: {clause.seen}" for clause in verdict.refused_by)
        fix = f"nothing is registered; improve the model, or change gate.toml in a reviewed commit ({out / PAGE})"
        raise GateError(f"the gate refuses this model:{lines}", fix=fix)
    return verdict


def note(verdict: Verdict, out: Path) -> None:
    """The verdict goes to the run, whatever it is."""
    from . import tracking

    tracking.note(metrics={"gate_passed": float(verdict.passed)}, artifacts={"verdict": out})


def page(verdict: Verdict) -> str:
    """The verdict in words."""
    rows = "".join(f"| {it.name} | {it.mark} | {it.seen.replace('|', '/')} |\n" for it in verdict.clauses)
    word = "passed" if verdict.passed else "REFUSED"
    return (
        f"# Gate: {word}\n\n| clause | outcome | seen |\n| --- | --- | --- |\n{rows}\n"
        f"model `{verdict.model_sha256}`  \nevaluation `{verdict.evaluation_sha256}`  \npolicy `{verdict.policy_sha256}`\n"
    )


def clauses(found: dict[str, Any], policy: Policy) -> tuple[Clause, ...]:
    """Every clause, none left out because another refused."""
    return tuple(Clause(name, *ask(found, policy)) for name, ask in CLAUSES.items())


Answer = tuple[bool | None, str]


def enough_rows(found: dict[str, Any], policy: Policy) -> Answer:
    """Enough rows to learn from and to judge on."""
    train, test = int(found["train"]["rows"]), int(found["test"]["rows"])
    seen = f"{train:,} to learn from (at least {policy.rows.train:,}), {test:,} to judge on (at least {policy.rows.test:,})"
    return train >= policy.rows.train and test >= policy.rows.test, seen


def floor(found: dict[str, Any], policy: Policy) -> Answer:
    """Good enough in absolute terms."""
    target = str(found["target"])
    asked = policy.floors.get(target)
    if not asked:
        return None, f"gate.toml has no [floors.{target}]; decide what is good enough and write it there"
    seen, held = [], True
    for name, limit in asked.items():
        value = found["model"].get(name)
        good = value is not None and (value <= limit if lower_is_better(name, found) else value >= limit)
        held = held and good
        seen.append(f"{name} {shown(value)}, the worst that will do is {limit:g}")
    return held, "; ".join(seen)


def lower_is_better(name: str, found: dict[str, Any]) -> bool:
    """By the table of metrics; the project's own metric says it itself."""
    from ..model.project import METRICS

    known = {metric: way for metrics in METRICS.values() for metric, way in metrics.items()}
    return bool(known.get(name, found["direction"]) == "lower")


def baseline(found: dict[str, Any], policy: Policy) -> Answer:
    """Surely better than the naive baseline: the whole interval of the gain is above zero."""
    seen = f"gain {shown(found['gain'])}, 95 % surely {shown(found['low'])} to {shown(found['high'])}"
    return found["low"] is not None and found["low"] > 0, seen


def champion(found: dict[str, Any], policy: Policy) -> Answer:
    """Not worse than the champion on rows that neither learned from, up to the tolerance, 95 % surely."""
    against = found["champion"]
    if against is None:
        return None, "there is no champion yet"
    if against["problem"]:
        return False, against["problem"]
    if against["rows"] < policy.rows.test:
        return False, f"{against['rows']:,} rows are new to both, at least {policy.rows.test:,} are needed"
    if against["low"] is None or against["champion"] is None:
        return False, "the metric is not defined on the common rows"
    margin = policy.champion.tolerance * abs(against["champion"])
    figures = f"{found['metric']} {shown(against['model'])}, champion {shown(against['champion'])} on {against['rows']:,} rows"
    gain = f"gain {shown(against['gain'])}, 95 % surely above {shown(against['low'])}"
    return against["low"] >= -margin, f"{figures}; {gain}, allowed down to {shown(-margin)}"


def slices(found: dict[str, Any], policy: Policy) -> Answer:
    """No slice is worse than the naive baseline."""
    return by_slice(found["slices"], policy.slices.baseline, found, policy, "the baseline")


def champion_slices(found: dict[str, Any], policy: Policy) -> Answer:
    """No slice is much worse than with the champion."""
    against = found["champion"]
    if against is None or against["problem"]:
        return None, "there is no champion to compare with"
    return by_slice(against["slices"], policy.slices.champion, found, policy, "the champion")


def by_slice(rows: list[dict[str, Any]], tolerance: float, found: dict[str, Any], policy: Policy, other: str) -> Answer:
    """Each slice of enough rows against `other`."""
    sign = -1.0 if found["direction"] == "lower" else 1.0
    judged = [it for it in rows if it["rows"] >= policy.rows.slice and None not in (it["model"], it["baseline"])]
    if not judged:
        return None, f"no slice has {policy.rows.slice} rows"
    bad = [it for it in judged if sign * (it["model"] - it["baseline"]) < -tolerance * abs(it["baseline"])]
    if not bad:
        return True, f"{len(judged)} slices, none worse than {other} by more than {tolerance:.0%}"
    named = [f"{it['column']} = {it['value']}: {shown(it['model'])} against {shown(it['baseline'])}" for it in bad]
    return False, f"worse than {other} in {'; '.join(named)}"


def shown(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.4g}"


CLAUSES: dict[str, Callable[[dict[str, Any], Policy], Answer]] = {
    "rows": enough_rows,
    "floor": floor,
    "baseline": baseline,
    "champion": champion,
    "slices": slices,
    "slices of the champion": champion_slices,
}


def read(folder: Path) -> dict[str, Any]:
    """The verdict in `folder`, as it was written."""
    return dict(json.loads((folder / VERDICT).read_text(encoding="utf-8")))
