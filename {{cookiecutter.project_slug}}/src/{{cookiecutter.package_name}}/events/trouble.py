"""What kept events from being done: the broker knows only that they were not, and a person needs the reason."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ..errors import MlopsError
from .cloud import Event

TABLES = """
CREATE TABLE IF NOT EXISTS trouble (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TEXT NOT NULL,
    tries INTEGER NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (source, id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Trouble:
    """An event whose handler failed: how often, when last, and why."""

    source: str
    id: str
    type: str
    subject: str
    at: str
    tries: int
    said: str


def note(connection: sqlite3.Connection, event: Event, error: MlopsError, at: str) -> None:
    """Keep the latest reason, in the caller's transaction."""
    row = (event.source, event.id, event.type, event.subject, at, error.problem)
    connection.execute(
        "INSERT INTO trouble VALUES (?, ?, ?, ?, ?, 1, ?) "
        "ON CONFLICT DO UPDATE SET at = excluded.at, said = excluded.said, tries = tries + 1",
        row,
    )


def over(connection: sqlite3.Connection, event: Event) -> None:
    """The event is done after all; in the caller's transaction."""
    connection.execute("DELETE FROM trouble WHERE source = ? AND id = ?", (event.source, event.id))


def all_of(connection: sqlite3.Connection) -> list[Trouble]:
    """What stands in trouble now, the latest last."""
    return [Trouble(**dict(row)) for row in connection.execute("SELECT * FROM trouble ORDER BY at, id")]
