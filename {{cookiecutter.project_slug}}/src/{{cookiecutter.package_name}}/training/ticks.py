"""The scheduler: which schedules are due, and that each of their times is asked for once, by whoever looks first."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ..clock import Clock
from ..workspace import Workspace, database, transaction
from . import requests
from .schedules import Schedule, Schedules

TABLES = """
CREATE TABLE IF NOT EXISTS schedule (
    name TEXT PRIMARY KEY,
    sentence TEXT NOT NULL,             -- the calendar that `last` belongs to
    last TEXT NOT NULL                  -- up to when all is asked for
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Tick:
    """A time of a schedule that has come. `asked` is False where a run that waits already will do for it too."""

    schedule: Schedule
    at: datetime
    missed: bool
    asked: bool

    @property
    def sentence(self) -> str:
        """For people."""
        late = ", once for all that were missed" if self.missed else ""
        what = "asked for a run" if self.asked else "a run waits already"
        return f"{self.schedule.name}: {what} of {self.schedule.pipeline}, due at {said(self.at)}{late}"


@dataclass(frozen=True)
class State:
    """How far a schedule has come: up to `last`, None where it is new or has another calendar than before."""

    schedule: Schedule
    last: datetime | None

    def next(self, now: datetime) -> datetime | None:
        """When it is due: in the past where it is late."""
        return self.schedule.calendar.following(min(self.last or now, now))


def run(place: Workspace, found: Schedules, clock: Clock) -> list[Tick]:
    """Ask for what is due. What was missed is asked for once, not once for each time; a new schedule misses nothing."""
    with database(place.state, TABLES + requests.TABLES) as connection, transaction(connection):
        now = clock.now()
        return [tick for state in states(connection, found) if (tick := one(connection, state, now)) is not None]


def one(connection: sqlite3.Connection, state: State, now: datetime) -> Tick | None:
    """Look at one schedule, and note how far it has come, in one transaction with the request."""
    # a clock that was set back begins anew; what was asked for under it is known by its id
    last = min(state.last or now, now)
    due = state.schedule.calendar.latest(last, now)
    if due is None:
        if last != state.last:
            keep(connection, state.schedule, last)
        return None
    missed = state.schedule.calendar.following(last) != due
    keep(connection, state.schedule, due)
    return Tick(state.schedule, due, missed, ask(connection, state.schedule, due, now))


def ask(connection: sqlite3.Connection, schedule: Schedule, due: datetime, now: datetime) -> bool:
    """Ask for the run of a time; not where the same run is asked for and has not begun."""
    if requests.waits(connection, schedule.pipeline, schedule.inputs):
        return False
    return requests.add(
        connection,
        id=f"schedule {schedule.name} {said(due)}",
        pipeline=schedule.pipeline,
        cause=f"schedule {schedule.name}, due at {said(due)}",
        inputs=schedule.inputs,
        at=now,
    )


def keep(connection: sqlite3.Connection, schedule: Schedule, last: datetime) -> None:
    """Note how far a schedule has come."""
    row = (schedule.name, schedule.sentence, said(last))
    connection.execute("INSERT OR REPLACE INTO schedule VALUES (?, ?, ?)", row)


def states(connection: sqlite3.Connection, found: Schedules) -> Iterator[State]:
    """How far each schedule that is switched on has come; one that is switched off is forgotten, and misses nothing."""
    rows = {row["name"]: row for row in connection.execute("SELECT * FROM schedule").fetchall()}
    for name in rows.keys() - {it.name for it in found.enabled}:
        connection.execute("DELETE FROM schedule WHERE name = ?", (name,))
    for it in found.enabled:
        row = rows.get(it.name)
        same = row is not None and row["sentence"] == it.sentence
        yield State(it, datetime.fromisoformat(row["last"]) if row is not None and same else None)


def next_due(place: Workspace, found: Schedules, clock: Clock) -> dict[str, datetime | None]:
    """Name -> when each schedule that is switched on is due."""
    with database(place.state, TABLES) as connection, transaction(connection):
        now = clock.now()
        return {state.schedule.name: state.next(now) for state in states(connection, found)}


def said(at: datetime) -> str:
    """A time in UTC, as it is kept and shown."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
