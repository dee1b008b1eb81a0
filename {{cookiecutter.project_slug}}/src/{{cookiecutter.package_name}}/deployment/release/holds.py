"""`mlops rollout hold`: no release goes forward until somebody takes that back, or its time is over.

Going back is possible at any time. A word is never taken out: each is bound to the one before by its hash.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from ... import workspace
from ...errors import MlopsError
from ...workspace import Workspace
from . import journal

TABLES = """
CREATE TABLE IF NOT EXISTS hold (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, held INTEGER NOT NULL, reason TEXT NOT NULL,
    until TEXT NOT NULL, before TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS hold_no_update BEFORE UPDATE ON hold
    BEGIN SELECT RAISE(ABORT, 'holds are append-only'); END;
CREATE TRIGGER IF NOT EXISTS hold_no_delete BEFORE DELETE ON hold
    BEGIN SELECT RAISE(ABORT, 'holds are append-only'); END;
"""
FIRST = "0" * 64


class HeldError(MlopsError):
    """Releases are held, or are not."""


@dataclass(frozen=True)
class Hold:
    """Somebody's word that releases stop (up to a time, where `until` is one), or (`held` is False) go on."""

    number: int
    at: str
    by: str
    held: bool
    reason: str
    until: str
    before: str
    hash: str = ""

    @property
    def sentence(self) -> str:
        word = "held" if self.held else "let go on"
        limit = f" until {self.until[:19]}" if self.until else ""
        return f"releases are {word} by {self.by} since {self.at[:19]}{limit}: {self.reason}"

    def stands(self, now: datetime) -> bool:
        """Whether it holds releases now."""
        return self.held and (not self.until or now < datetime.fromisoformat(self.until))

    def sealed(self) -> Hold:
        """With the hash over everything else."""
        content = {name: value for name, value in asdict(self).items() if name != "hash"}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return replace(self, hash=hashlib.sha256(text.encode()).hexdigest())


def hold(place: Workspace, by: str, reason: str, at: datetime, until: datetime | None = None) -> Hold:
    """Hold releases. Raises `HeldError` naming who has done so already, or where `until` is over."""
    if until and until <= at:
        raise HeldError(f"{until.isoformat()} is over", fix="name a time to come")
    return said(place, by, reason, at, until.isoformat() if until else "", held=True)


def resume(place: Workspace, by: str, reason: str, at: datetime) -> Hold:
    """Let them go on. Raises `HeldError` where nobody holds them."""
    return said(place, by, reason, at, "", held=False)


def said(place: Workspace, by: str, reason: str, at: datetime, until: str, *, held: bool) -> Hold:
    """Write a word down; the first of two of the same kind counts. A change that is being made ends first."""
    with workspace.database(journal.path(place), TABLES) as connection, workspace.transaction(connection):
        known = read(connection)
        found = last(known, at)
        if found is not None and held:
            raise HeldError(found.sentence, fix="`mlops rollout resume` lets them go on")
        if found is None and not held:
            raise HeldError("releases are not held", fix="`mlops rollout status` tells what the open one waits for")
        before = known[-1].hash if known else FIRST
        word = Hold(len(known) + 1, at.isoformat(), by, held, reason, until, before).sealed()
        row = asdict(word)
        marks = ", ".join(f":{name}" for name in row)
        connection.execute(f"INSERT INTO hold ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 - our own names
        return word


def standing(place: Workspace, now: datetime) -> Hold | None:
    """Who holds releases now, if anybody does."""
    return last(history(place), now)


def history(place: Workspace) -> list[Hold]:
    """Every word, oldest first."""
    with workspace.database(journal.path(place), TABLES) as connection:
        return read(connection)


def verify(place: Workspace) -> list[Hold]:
    """The words, whose chain holds. Raises `HeldError` naming the first that was changed, added or taken out."""
    before, found = FIRST, history(place)
    for number, word in enumerate(found, 1):
        if word.number != number or word.before != before or word.sealed().hash != word.hash:
            wrong = f"word {word.number} on holds is not as it was written (of {word.at}, by {word.by})"
            raise HeldError(wrong, fix=f"find out who wrote into {journal.path(place)}; restore it from a backup")
        before = word.hash
    return found


def read(connection: sqlite3.Connection) -> list[Hold]:
    rows = connection.execute("SELECT * FROM hold ORDER BY number")
    return [Hold(**{**dict(row), "held": bool(row["held"])}) for row in rows]


def last(words: list[Hold], now: datetime) -> Hold | None:
    """The hold that stands after all of them."""
    return words[-1] if words and words[-1].stands(now) else None
