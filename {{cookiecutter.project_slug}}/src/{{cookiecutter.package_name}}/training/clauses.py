"""The clauses of the gate: each asks one thing of an evaluation, and shows the figures by which it decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..model import evaluate
from ..model.project import METRICS
from .policy import Policy

Answer = tuple[bool | None, str]
MOST = 5  # slices that are named


def shown(value: float | None) -> str:
    """A figure for people; a gain of nothing has no sign."""
    return evaluate.shown(None if value is None else value + 0.0)


@dataclass(frozen=True)
class Clause:
    """One clause's outcome; `passed` is None where it does not apply, and `seen` says why."""

    name: str
    passed: bool | None
    seen: str

    @property
    def mark(self) -> str:
        return {True: "passed", False: "REFUSED", None: "does not apply"}[self.passed]


def answers(found: dict[str, Any], policy: Policy) -> tuple[Clause, ...]:
    """Every clause, none left out because another refused."""
    return tuple(Clause(name, *ask(found, policy)) for name, ask in CLAUSES.items())


def enough_rows(found: dict[str, Any], policy: Policy) -> Answer:
    """Enough rows to learn from and to judge on."""
    train, test = int(found["train"]["rows"]), int(found["test"]["rows"])
    asked = policy.rows
    seen = f"{train:,} to learn from (at least {asked.train:,}), {test:,} to judge on (at least {asked.test:,})"
    return train >= asked.train and test >= asked.test, seen


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
    known = {metric: way for metrics in METRICS.values() for metric, way in metrics.items()}
    return bool(known.get(name, found["direction"]) == "lower")


def baseline(found: dict[str, Any], _: Policy) -> Answer:
    """Surely better than the naive baseline: the whole interval of the gain is above zero."""
    seen = f"gain {shown(found['gain'])}, 95 % surely {shown(found['low'])} to {shown(found['high'])}"
    return found["low"] is not None and found["low"] > 0, seen


def champion(found: dict[str, Any], policy: Policy) -> Answer:
    """Not worse than the champion on rows that neither learned from, up to the tolerance, 95 % surely."""
    against = found["champion"]
    if against is None:
        return None, "there is no champion yet"
    if against["problem"]:
        return False, f"{against['problem']}; `--input champion=none` compares with none, and marks the version"
    if against["rows"] < policy.rows.test:
        return False, f"{against['rows']:,} rows are new to both, at least {policy.rows.test:,} are needed"
    if against["low"] is None or against["champion"] is None:
        return False, "the metric is not defined on the common rows"
    margin = policy.champion.tolerance * abs(against["champion"])
    both = f"{shown(against['model'])}, champion {shown(against['champion'])}"
    figures = f"{found['metric']} {both} on {against['rows']:,} rows"
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
    more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
    return False, f"worse than {other} in {'; '.join(named[:MOST])}{more}"


CLAUSES: dict[str, Callable[[dict[str, Any], Policy], Answer]] = {
    "rows": enough_rows,
    "floor": floor,
    "baseline": baseline,
    "champion": champion,
    "slices": slices,
    "slices of the champion": champion_slices,
}
