"""`mlops rollout hold`: no release goes forward until somebody takes that back. Going back is possible at any time."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ... import workspace
from ...errors import MlopsError
from ...workspace import Workspace
from . import journal

TABLES = """
CREATE TABLE IF NOT EXISTS hold (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, by TEXT NOT NULL,
    held INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS hold_no_update BEFORE UPDATE ON hold
    BEGIN SELECT RAISE(ABORT, 'holds are append-only'); END;
CREATE TRIGGER IF NOT EXISTS hold_no_delete BEFORE DELETE ON hold
    BEGIN SELECT RAISE(ABORT, 'holds are append-only'); END;
"""


class HeldError(MlopsError):
    """Releases are held, or are not."""


@dataclass(frozen=True)
class Hold:
    """Somebody's word that releases stop, or (`held` is False) go on."""

    at: str
    by: str
    held: bool
    reason: str

    @property
    def sentence(self) -> str:
        word = "held" if self.held else "let go on"
        return f"releases are {word} by {self.by} since {self.at[:19]}: {self.reason}"


def hold(place: Workspace, by: str, reason: str, at: datetime) -> Hold:
    """Hold releases. Raises `HeldError` naming who has done so already."""
    return said(place, Hold(at.isoformat(), by, True, reason))


def resume(place: Workspace, by: str, reason: str, at: datetime) -> Hold:
    """Let them go on. Raises `HeldError` where nobody holds them."""
    return said(place, Hold(at.isoformat(), by, False, reason))


def said(place: Workspace, word: Hold) -> Hold:
    """Write a word down; the first of two of the same kind counts."""
    with workspace.database(journal.path(place), TABLES) as connection, workspace.transaction(connection):
        found = last(read(connection))
        if found is not None and word.held:
            raise HeldError(found.sentence, fix="`mlops rollout resume` lets them go on")
        if found is None and not word.held:
            raise HeldError("releases are not held", fix="`mlops rollout status` tells what the open one waits for")
        sql = "INSERT INTO hold (at, by, held, reason) VALUES (?, ?, ?, ?)"
        connection.execute(sql, (word.at, word.by, word.held, word.reason))
        return word


def standing(place: Workspace) -> Hold | None:
    """Who holds releases now, if anybody does."""
    return last(history(place))


def history(place: Workspace) -> list[Hold]:
    """Every word, oldest first."""
    with workspace.database(journal.path(place), TABLES) as connection:
        return read(connection)


def read(connection: sqlite3.Connection) -> list[Hold]:
    rows = connection.execute("SELECT at, by, held, reason FROM hold ORDER BY number")
    return [Hold(row["at"], row["by"], bool(row["held"]), row["reason"]) for row in rows]


def last(words: list[Hold]) -> Hold | None:
    """The hold that stands after all of them."""
    return words[-1] if words and words[-1].held else None
