"""When each job of the loop was last at work, and what came of it: a restart goes by it, and the status shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ... import workspace
from ...workspace import Workspace

TABLES = """
CREATE TABLE IF NOT EXISTS beat (
    job TEXT PRIMARY KEY, began TEXT NOT NULL, ended TEXT NOT NULL DEFAULT '', done TEXT NOT NULL DEFAULT '',
    said TEXT NOT NULL DEFAULT '', wrong TEXT NOT NULL DEFAULT '', failures INTEGER NOT NULL DEFAULT 0
);
"""
FILE = "loop.db"


@dataclass(frozen=True)
class Beat:
    """A job's last turn. `done` is when it last went well, `failures` counts those in a row since.

    `began` later than `ended`: it is at work, or was killed there.
    """

    job: str
    began: str
    ended: str
    done: str
    said: str
    wrong: str
    failures: int

    @property
    def over(self) -> datetime | None:
        """When its last turn ended; None where none did, or where it is at work."""
        return datetime.fromisoformat(self.ended) if self.ended and self.ended >= self.began else None

    @property
    def well(self) -> datetime | None:
        """When it last went well."""
        return datetime.fromisoformat(self.done) if self.done else None


def begin(place: Workspace, job: str, at: datetime) -> None:
    """A turn begins."""
    sql = "INSERT INTO beat (job, began) VALUES (?, ?) ON CONFLICT (job) DO UPDATE SET began = excluded.began"
    written(place, sql, job, at.isoformat())


def end(place: Workspace, job: str, at: datetime, said: str) -> None:
    """It went well; what it had to say stays until there is more."""
    sql = "UPDATE beat SET ended = ?, done = ?, said = iif(? = '', said, ?), wrong = '', failures = 0 WHERE job = ?"
    written(place, sql, at.isoformat(), at.isoformat(), said, said, job)


def fail(place: Workspace, job: str, at: datetime, wrong: str) -> None:
    """It did not."""
    sql = "UPDATE beat SET ended = ?, wrong = ?, failures = failures + 1 WHERE job = ?"
    written(place, sql, at.isoformat(), wrong, job)


def written(place: Workspace, sql: str, *values: str) -> None:
    with workspace.database(place.folder / FILE, TABLES) as connection:
        connection.execute(sql, values)


def read(place: Workspace) -> dict[str, Beat]:
    """Job -> its last turn."""
    with workspace.database(place.folder / FILE, TABLES) as connection:
        rows = connection.execute("SELECT job, began, ended, done, said, wrong, failures FROM beat")
        return {row["job"]: Beat(**dict(row)) for row in rows}
