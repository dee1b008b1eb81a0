"""Versions that wait for their release, kept where they were registered: asked for once each."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ... import workspace
from ...workspace import Workspace

TABLES = """
CREATE TABLE IF NOT EXISTS wanted_release (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, version TEXT NOT NULL,
    cause TEXT NOT NULL, at TEXT NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0
);
"""


@dataclass(frozen=True)
class Wanted:
    """A version to release, and what asked for it."""

    id: str
    version: str
    cause: str


def add(connection: sqlite3.Connection, id: str, version: str, cause: str, at: datetime) -> bool:  # noqa: A002
    """Ask for a release, in the transaction of a caller who made the table. False: this id was asked for before."""
    sql = "INSERT INTO wanted_release (id, version, cause, at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
    return connection.execute(sql, (id, version, cause, at.isoformat())).rowcount == 1


def waiting(place: Workspace) -> list[Wanted]:
    """What waits, oldest first."""
    with workspace.database(place.state, TABLES) as connection:
        rows = connection.execute("SELECT id, version, cause FROM wanted_release WHERE NOT taken ORDER BY number")
        return [Wanted(**dict(row)) for row in rows]


def take(place: Workspace, wanted: Wanted) -> None:
    """It has become a release."""
    with workspace.database(place.state, TABLES) as connection:
        connection.execute("UPDATE wanted_release SET taken = 1 WHERE id = ?", (wanted.id,))
