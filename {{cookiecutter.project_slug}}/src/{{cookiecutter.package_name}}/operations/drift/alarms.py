"""What an alarm may start: nothing during the cooldown, a person instead of a retraining once the budget is spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .rules import Alarm

Action = Literal["retrain", "wait", "tell a person"]


@dataclass(frozen=True)
class Answer:
    """What is done about an alarm, and why."""

    action: Action
    why: str


def answer(alarm: Alarm, now: datetime, started: Sequence[datetime]) -> Answer:
    """What to do about an alarm `now`, where earlier ones have `started` retrainings at these times."""
    last = max(started, default=None)
    if last is not None and now - last < alarm.cooldown:
        return Answer("wait", f"cooldown until {(last + alarm.cooldown).isoformat()}")
    spent = sum(now - at < alarm.per for at in started)
    if spent >= alarm.budget:
        return Answer("tell a person", f"{spent} of {alarm.budget} retrainings in {alarm.per} are spent")
    return Answer("retrain", f"{spent} of {alarm.budget} retrainings in {alarm.per} were started before")
