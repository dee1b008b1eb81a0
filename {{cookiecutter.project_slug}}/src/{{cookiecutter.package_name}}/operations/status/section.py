"""What the status is made of: a section for each subsystem, each with its state and a few lines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

State = Literal["ok", "idle", "late", "wrong"]
WORST: tuple[State, ...] = ("ok", "idle", "late", "wrong")  # in this order, the last counts


@dataclass(frozen=True)
class Section:
    """A subsystem: `idle` has nothing to do or nothing yet, `late` is older than it may be, `wrong` needs somebody."""

    name: str
    state: State
    said: str
    lines: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True)
class Report:
    """All sections as of `at`; `needs` is what a person must do, one line each."""

    at: datetime
    sections: tuple[Section, ...]
    needs: tuple[str, ...]

    @property
    def state(self) -> State:
        """The worst of the sections'."""
        return max((it.state for it in self.sections), key=WORST.index, default="idle")

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        rows = [{**asdict(it), "at": it.at.isoformat() if it.at else None} for it in self.sections]
        return {"at": self.at.isoformat(), "state": self.state, "needs": list(self.needs), "sections": rows}
