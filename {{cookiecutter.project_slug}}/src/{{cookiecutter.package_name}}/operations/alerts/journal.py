"""The alerts of a place: one open row for what lasts, however often it is seen."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from ... import workspace
from ...errors import MlopsError
from ...model.messages import choices
from ...workspace import Workspace
from .kinds import KINDS, Kind

TABLES = """
CREATE TABLE IF NOT EXISTS alert (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL, said TEXT NOT NULL,
    began TEXT NOT NULL, last TEXT NOT NULL, seen INTEGER NOT NULL DEFAULT 1,
    taken TEXT NOT NULL DEFAULT '', cleared TEXT NOT NULL DEFAULT '', how TEXT NOT NULL DEFAULT '',
    sent TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS alert_one_open ON alert (kind, subject) WHERE cleared = '';
"""
FILE = "alerts.db"
COUNTED = "SELECT kind, count(*) AS count FROM alert WHERE cleared = '' GROUP BY kind"  # for the metrics


class AlertError(MlopsError):
    """There is no such alert."""


@dataclass(frozen=True)
class Alert:
    """`taken` is who looks after it, `cleared` when it was over, `how` by what; `sent` when the webhook took it."""

    number: int
    kind: str
    subject: str
    said: str
    began: str
    last: str
    seen: int
    taken: str
    cleared: str
    how: str
    sent: str

    @property
    def of(self) -> Kind:
        return KINDS[self.kind]

    @property
    def critical(self) -> bool:
        return self.of.severity == "critical" and not self.taken

    @property
    def sentence(self) -> str:
        by = f", {self.taken} looks after it" if self.taken else ""
        over = f", over since {self.cleared[:19]} ({self.how})" if self.cleared else ""
        about = f"{self.kind} {self.subject}: {self.said}"
        return f"{self.number}  {self.began[:19]}  {about}{by}{over}; see {Kind.anchor(self.kind)}"


def note(place: Workspace, kind: str, subject: str, said: str, at: datetime) -> bool:
    """Raise an alert, or note that it lasts. True: it is new. Raises `AlertError` for a kind that has no runbook."""
    if kind not in KINDS:
        raise AlertError(f"{kind!r} is no kind of alert", fix=choices(kind, tuple(KINDS)))
    with opened(place) as connection, workspace.transaction(connection):
        now = at.isoformat()
        sql = "UPDATE alert SET said = ?, last = ?, seen = seen + 1 WHERE kind = ? AND subject = ? AND cleared = ''"
        if connection.execute(sql, (said, now, kind, subject)).rowcount:
            return False
        sql = "INSERT INTO alert (kind, subject, said, began, last) VALUES (?, ?, ?, ?, ?)"
        connection.execute(sql, (kind, subject, said, now, now))
        return True


def clear(place: Workspace, kind: str, at: datetime, how: str, subject: str | None = None) -> int:
    """It is over: of one subject, or of all; gives how many there were."""
    with opened(place) as connection:
        sql = "UPDATE alert SET cleared = ?, how = ? WHERE kind = ? AND cleared = '' AND (? IS NULL OR subject = ?)"
        return connection.execute(sql, (at.isoformat(), how, kind, subject, subject)).rowcount


def take(place: Workspace, number: int, by: str) -> Alert:
    """Somebody looks after it. Raises `AlertError` where it is not open."""
    return changed(place, number, "UPDATE alert SET taken = ? WHERE number = ? AND cleared = ''", by)


def close(place: Workspace, number: int, by: str, at: datetime) -> Alert:
    """Somebody says that it is over. Raises `AlertError` where it is not open."""
    sql = "UPDATE alert SET cleared = ?, how = ? WHERE number = ? AND cleared = ''"
    return changed(place, number, sql, at.isoformat(), f"by {by}")


def changed(place: Workspace, number: int, sql: str, *values: str) -> Alert:
    with opened(place) as connection:
        if not connection.execute(sql, (*values, number)).rowcount:
            raise AlertError(f"alert {number} is not open", fix="`mlops alerts` has those that are")
        return read(connection, "number = ?", number)[0]


def standing(place: Workspace) -> list[Alert]:
    """The open ones, oldest first."""
    with opened(place) as connection:
        return read(connection, "cleared = ''")


def latest(place: Workspace, most: int = 20) -> list[Alert]:
    """The latest, newest first."""
    with opened(place) as connection:
        return read(connection, "1 = 1")[::-1][:most]


def opened(place: Workspace) -> AbstractContextManager[sqlite3.Connection]:
    return workspace.database(place.folder / FILE, TABLES)


def read(connection: sqlite3.Connection, where: str, *values: object) -> list[Alert]:
    """The alerts that a clause of ours selects."""
    rows = connection.execute(f"SELECT * FROM alert WHERE {where} ORDER BY number", values)  # noqa: S608
    return [Alert(**dict(row)) for row in rows]
