"""What a signal starts: a run, nothing, or a person; decided once, in the transaction that notes the event."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ... import workspace
from ...deployment.promotion import workspaces
from ...deployment.release import journal
from ...deployment.release.world import SERVED
from ...events.cloud import Event
from ...training import requests
from ...workspace import DEFAULT, Workspace
from ..drift import alarms, rules

TABLES = (
    """
CREATE TABLE IF NOT EXISTS signal (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, champion TEXT NOT NULL, said TEXT NOT NULL,
    action TEXT NOT NULL, why TEXT NOT NULL, settled TEXT NOT NULL DEFAULT ''
);
"""
    + requests.TABLES
)
COUNTED = "SELECT action AS status, count(*) AS count FROM signal GROUP BY action"  # for the metrics
PIPELINE, RETRAIN, WAIT = "training", "retrain", "wait"
BY_HAND = "by hand"


@dataclass(frozen=True)
class Signal:
    """A signal, what was done about it and why; `settled` is what came of the retraining."""

    id: str
    at: str
    kind: str
    champion: str
    said: str
    action: str
    why: str
    settled: str

    @property
    def request(self) -> str:
        """The run that it asked for."""
        return request_of(self.id)

    @property
    def sentence(self) -> str:
        came = f"; {self.settled}" if self.settled else ""
        return f"{self.at[:19]}  {self.kind}: {self.said} -> {self.action} ({self.why}){came}"


def request_of(signal: str) -> str:
    return f"signal {signal}"


def detected(connection: sqlite3.Connection, place: Workspace, event: Event, at: datetime) -> None:
    """Take a signal of production: one retraining for it at most, whatever comes how often."""
    if place.name != DEFAULT:
        return
    data = event.data
    action, why = decided(connection, place, at)
    told = (str(data["kind"]), str(data["champion"]), str(data["said"]))
    write(connection, (event.id, at.isoformat(), *told, action, why), at)


def by_hand(place: Workspace, by: str, at: datetime) -> Signal:
    """Somebody asks. The budget and the cooldown are for signals: a person may know better."""
    with workspace.database(place.state, TABLES) as connection, workspace.transaction(connection):
        id = f"{BY_HAND} {at.isoformat()}"  # noqa: A001
        write(connection, (id, at.isoformat(), BY_HAND, "", f"asked for by {by}", RETRAIN, "a person asks"), at)
        return one(connection, id)


def write(connection: sqlite3.Connection, row: tuple[str, ...], at: datetime) -> None:
    """Write down a signal (the columns in their order), and ask for the run that it starts, if it does."""
    sql = "INSERT INTO signal (id, at, kind, champion, said, action, why) VALUES (?, ?, ?, ?, ?, ?, ?)"
    done = connection.execute(f"{sql} ON CONFLICT (id) DO NOTHING", row)
    if done.rowcount and row[5] == RETRAIN:
        cause = f"{row[2]} ({row[0]}): {row[4]}"
        requests.add(connection, id=request_of(row[0]), pipeline=PIPELINE, cause=cause, inputs={}, at=at)


def decided(connection: sqlite3.Connection, place: Workspace, at: datetime) -> tuple[str, str]:
    """(what to do, why): what is under way comes first, then cooldown and budget of monitor.toml."""
    waiting = requests.pending(connection)
    if waiting:
        return WAIT, f"a run for {waiting[0].cause} is asked for already"
    prod = workspaces.load(place.root).place(SERVED)
    there = journal.current(prod)
    if there is not None:
        return WAIT, f"version {there.version} is being released"
    times = [datetime.fromisoformat(it.at) for it in read(connection, "action = ?", RETRAIN)]
    found = alarms.answer(rules.read(place.root / rules.FILE).alarm, at, times)
    return found.action, found.why


def one(connection: sqlite3.Connection, id: str) -> Signal:  # noqa: A002
    return read(connection, "id = ?", id)[0]


def read(connection: sqlite3.Connection, where: str = "1 = 1", *values: object) -> list[Signal]:
    """The signals that a clause of ours selects, oldest first."""
    rows = connection.execute(f"SELECT * FROM signal WHERE {where} ORDER BY at, rowid", values)  # noqa: S608
    return [Signal(**dict(row)) for row in rows]


def history(place: Workspace, most: int = 20) -> list[Signal]:
    """The latest, newest first."""
    with workspace.database(place.state, TABLES) as connection:
        return read(connection)[::-1][:most]
