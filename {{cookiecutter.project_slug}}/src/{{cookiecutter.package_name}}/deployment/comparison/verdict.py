"""The verdict on a challenger: every clause with its figures, and the decision that follows from them.

| decision | when |
| --- | --- |
| roll back | a guardrail or the split is broken, or the challenger is surely worse |
| promote | every clause holds: the stage is passed, and the next one begins, or the release is done |
| stop as equal | the whole interval lies within the margin, or time or rows are used up, undecided |
| keep looking | else |

To be "not worse" is not enough: where a stage proves, the lower end of the gain's interval must be above the effect
that is asked for, zero unless `release.toml` says more. A release has one such stage, so that over all of it a
challenger that is not better is promoted with probability alpha at most. The other stages can only stop it.

What it says is of the requests so far. A model that is better on these, in this season, need not be so on the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from ...errors import MlopsError
from ...model.project import Schema
from . import samples
from .clauses import LIMIT, UNCLIPPED, Clause, Decision, ask
from .look import Look
from .plan import Plan, Stage
from .sequence import Bools

FORMAT = 1


class VerdictError(MlopsError):
    """A recorded verdict cannot be read, or is not of these rows."""


@dataclass(frozen=True)
class Verdict:
    """What was decided, of whom, in which stage and window, by which clauses."""

    decision: Decision
    reason: str
    champion: str
    challenger: str
    stage: Stage
    since: datetime
    now: datetime
    clauses: tuple[Clause, ...]
    figures: dict[str, Any]
    plan: Plan

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {
            "format": FORMAT,
            "decision": self.decision,
            "reason": self.reason,
            "champion": self.champion,
            "challenger": self.challenger,
            "stage": self.stage.model_dump(mode="json"),
            "since": self.since.isoformat(),
            "now": self.now.isoformat(),
            "clauses": [asdict(clause) for clause in self.clauses],
            "figures": self.figures,
            "plan": self.plan.model_dump(mode="json"),
        }

    @classmethod
    def of_json(cls, record: dict[str, Any]) -> Verdict:
        """A verdict as it was written down. Raises `VerdictError` for another format."""
        if record.get("format") != FORMAT:
            raise VerdictError(
                f"the verdict has format {record.get('format')!r}", fix=f"this repo reads format {FORMAT}"
            )
        stage, rules = Stage.model_validate(record["stage"]), Plan.model_validate(record["plan"])
        since, now = (datetime.fromisoformat(record[name]) for name in ("since", "now"))
        clauses = tuple(Clause(**it) for it in record["clauses"])
        same = {name: record[name] for name in ("decision", "reason", "champion", "challenger", "figures")}
        return cls(**same, stage=stage, plan=rules, since=since, now=now, clauses=clauses)

    @property
    def sentence(self) -> str:
        return f"{self.stage.name}: {self.decision} ({self.reason})"


def judge(
    rows: pd.DataFrame,
    champion: str,
    challenger: str,
    stage: Stage,
    plan: Plan,
    schema: Schema,
    since: datetime,
    now: datetime,
) -> Verdict:
    """Judge `challenger` in a `stage` that began at `since`, by the rows of `serving.joined.read` up to `now`.

    Rows before `since` may be there: the champion's tell what is usual for each caller.
    """
    sample = samples.take(rows, champion, challenger, stage, plan, schema, since, now)
    look = Look(sample, plan, since, now)
    clauses = ask(look)
    decision, reason = decide(clauses)
    return Verdict(decision, reason, champion, challenger, stage, since, now, clauses, figures(look), plan)


def decide(clauses: Sequence[Clause]) -> tuple[Decision, str]:
    """(decision, why): what is broken comes first, then what holds, then what is not worth more looking."""
    broken = [it for it in clauses if it.passed is False]
    worse = [it for it in broken if it.effect == "roll back"]
    equal = [it for it in broken if it.effect == "stop as equal"]
    waiting = [it for it in broken if not it.effect and it.name != UNCLIPPED]  # which more rows do not make true
    if worse:
        return "roll back", said(worse)
    if equal and (not waiting or any(it.name == LIMIT for it in equal)):
        return "stop as equal", said([*equal, *waiting])
    return ("keep looking", said(broken)) if broken else ("promote", "every clause holds")


def said(clauses: Sequence[Clause]) -> str:
    return "; ".join(f"{it.name}: {it.seen}" for it in clauses)


def figures(look: Look) -> dict[str, Any]:
    """What was seen, as plain numbers; None where it is not known."""
    it, sample = look.sample.costs, look.sample
    estimate, low, high = look.path.last if min(look.counted) else (None, None, None)
    return {
        "loss": it.loss.name,
        "rows": {"champion": look.counted[0], "challenger": look.counted[1]},
        "answers": {"champion": len(sample.champion), "challenger": len(sample.challenger)},
        "mean_loss": both(it.raw, it.challenger),
        "clipped_loss": both(it.clipped, it.challenger),
        "clipped_at": None if it.loss.bounded else it.bound,
        "clipped_share": both(it.raw > it.bound, it.challenger),
        "gain": estimate,
        "low": finite(low),
        "high": finite(high),
        "margin": look.plan.test.margin * look.usual,
        "known": {"champion": sample.known[0], "challenger": sample.known[1]},
        "crossed_callers": sample.crossed,
        "rows_sha256": sample.digest,
    }


def both(values: Any, challenger: Bools) -> dict[str, float | None]:
    """The mean of either side."""
    sides = {"champion": values[~challenger], "challenger": values[challenger]}
    return {name: float(np.mean(side)) if len(side) else None for name, side in sides.items()}


def finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def again(record: dict[str, Any], rows: pd.DataFrame, schema: Schema) -> Verdict:
    """Judge anew what a recorded verdict judged. Raises `VerdictError` where the rows or the outcome are others."""
    it = Verdict.of_json(record)
    found = judge(rows, it.champion, it.challenger, it.stage, it.plan, schema, it.since, it.now)
    if found.figures["rows_sha256"] != record["figures"]["rows_sha256"]:
        fix = "outcomes that came later change them: read the records as of then"
        raise VerdictError("the rows are not those that were judged", fix=fix)
    if found.as_json() != record:
        fix = "the record or the code was changed in between"
        raise VerdictError("these rows give another verdict than the recorded one", fix=fix)
    return found
