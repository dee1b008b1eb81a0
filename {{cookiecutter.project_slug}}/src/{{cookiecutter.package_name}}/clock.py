"""The time, handed in: a replay turns a simulated clock, production reads the system's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class SimulatedClock:
    """Stands still until it is told to move, so that weeks replay in seconds and tests are exact."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move forward by `by`; a clock never runs backwards."""
        if by < timedelta(0):
            raise ValueError(f"a clock cannot go back: {by}")
        self.at += by
