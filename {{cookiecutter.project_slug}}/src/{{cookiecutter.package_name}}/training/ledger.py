"""Who moved which alias when, and why: append-only, each entry bound to the one before by its hash.

MLflow keeps no history of aliases. An entry is written first and carried out after, so that a crash in between is made
good by the next command; an alias that stands elsewhere without an entry was moved by hand, and is told.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from ..errors import ModelError

TABLES = """
CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL, model TEXT NOT NULL,
    alias TEXT NOT NULL, version TEXT NOT NULL, previous TEXT NOT NULL, sha256 TEXT NOT NULL, reason TEXT NOT NULL,
    before TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS ledger_pending (seq INTEGER PRIMARY KEY REFERENCES ledger (seq));
CREATE TRIGGER IF NOT EXISTS ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""
FIRST = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One change: `alias` of `model` went from version `previous` (empty: there was none) to `version`."""

    seq: int
    at: str
    by: str
    action: str
    model: str
    alias: str
    version: str
    previous: str
    sha256: str
    reason: str
    before: str
    hash: str = ""

    def sealed(self) -> Entry:
        """With the hash over everything else."""
        content = {name: value for name, value in asdict(self).items() if name != "hash"}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return replace(self, hash=hashlib.sha256(text.encode()).hexdigest())


def entries(connection: sqlite3.Connection) -> list[Entry]:
    """All of them, oldest first."""
    return [Entry(**dict(row)) for row in connection.execute("SELECT * FROM ledger ORDER BY seq")]


def append(
    connection: sqlite3.Connection,
    *,
    at: datetime,
    by: str,
    action: str,
    model: str,
    alias: str,
    version: str,
    sha256: str,
    reason: str = "",
) -> Entry:
    """Write an entry, to be carried out; inside the caller's transaction."""
    last = connection.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    seq, before = (last["seq"] + 1, last["hash"]) if last else (1, FIRST)
    had = standing(connection, model).get(alias, "")
    entry = Entry(seq, at.isoformat(), by, action, model, alias, version, had, sha256, reason, before).sealed()
    row = asdict(entry)
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO ledger ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 - our own names
    connection.execute("INSERT INTO ledger_pending VALUES (?)", (seq,))
    return entry


def standing(connection: sqlite3.Connection, model: str) -> dict[str, str]:
    """Alias -> version, as the ledger has it."""
    rows = connection.execute("SELECT alias, version FROM ledger WHERE model = ? ORDER BY seq", (model,))
    return {row["alias"]: row["version"] for row in rows}


def registered(connection: sqlite3.Connection, model: str, version: str) -> bool:
    """Whether the ledger knows of a version's registration."""
    query = "SELECT 1 FROM ledger WHERE model = ? AND version = ? AND action = 'register'"
    return connection.execute(query, (model, version)).fetchone() is not None


def waiting(connection: sqlite3.Connection) -> list[Entry]:
    """Entries that a crash may have kept from being carried out."""
    query = "SELECT ledger.* FROM ledger JOIN ledger_pending USING (seq) ORDER BY seq"
    return [Entry(**dict(row)) for row in connection.execute(query)]


def done(connection: sqlite3.Connection, entry: Entry) -> None:
    """The entry is carried out."""
    connection.execute("DELETE FROM ledger_pending WHERE seq = ?", (entry.seq,))


def verify(connection: sqlite3.Connection) -> list[Entry]:
    """The entries, whose chain holds. Raises `ModelError` naming the first that was changed, added or taken out."""
    before, found = FIRST, entries(connection)
    for number, entry in enumerate(found, 1):
        if entry.seq != number or entry.before != before or entry.sealed().hash != entry.hash:
            wrong = f"entry {entry.seq} of the ledger is not as it was written (of {entry.at}, by {entry.by})"
            raise ModelError(wrong, fix="find out who wrote into the workspace's state.db; restore it from a backup")
        before = entry.hash
    return found
