"""The outbox: an event is written in the transaction of the fact that it tells, and sent later by the relay."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..clock import Clock, SystemClock
from .cloud import Event

if TYPE_CHECKING:
    from .relay import Publisher

TABLES = """
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    time TEXT NOT NULL,
    body TEXT NOT NULL,
    sent TEXT,              -- when the broker had taken it
    refused TEXT,           -- why the broker never will
    UNIQUE (source, id)
);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (number) WHERE sent IS NULL AND refused IS NULL;
"""
WAITING = "sent IS NULL AND refused IS NULL"
BATCH = 100


class OutsideTransactionError(RuntimeError):
    """A fault of the calling code: what must hold together would be written apart."""


@dataclass(frozen=True)
class Entry:
    """An event in the outbox."""

    number: int
    event: Event
    sent: str | None
    refused: str | None


def add(connection: sqlite3.Connection, event: Event) -> bool:
    """Put `event` beside the fact, in the caller's transaction. False: it was there before. Raises `EventError`."""
    must_be_inside(connection, "outbox.add")
    event.check()
    body = json.dumps(event.as_json(), sort_keys=True)
    values = (event.source, event.id, event.type, event.subject, event.time, body)
    done = connection.execute(
        "INSERT INTO outbox (source, id, type, subject, time, body) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (source, id) DO NOTHING",
        values,
    )
    return done.rowcount == 1


def must_be_inside(connection: sqlite3.Connection, what: str) -> None:
    if not connection.in_transaction:
        raise OutsideTransactionError(f"{what} belongs into the transaction that writes what it tells of")


def waiting(connection: sqlite3.Connection) -> int:
    """How many events are to be sent."""
    return int(connection.execute(f"SELECT count(*) FROM outbox WHERE {WAITING}").fetchone()[0])  # noqa: S608


def entries(connection: sqlite3.Connection, where: str = "1", last: int = 20) -> list[Entry]:
    """The latest events for which the SQL `where` holds, oldest first."""
    query = f"SELECT * FROM outbox WHERE {where} ORDER BY number DESC LIMIT ?"  # noqa: S608
    rows = connection.execute(query, (last,)).fetchall()
    return [
        Entry(row["number"], Event.from_json(json.loads(row["body"])), row["sent"], row["refused"]) for row in rows
    ][::-1]


def retry(connection: sqlite3.Connection, id: str) -> bool:  # noqa: A002
    """Let a refused event be sent again, in the caller's transaction."""
    done = connection.execute("UPDATE outbox SET refused = NULL WHERE id = ? AND refused IS NOT NULL", (id,))
    return done.rowcount > 0


def relay(state: Path, publisher: Publisher, *, batch: int = BATCH, clock: Clock | None = None) -> int:
    """Send what waits in the database `state`, oldest first; gives how many the broker took. See `relay.py`."""
    from . import relay as relaying

    return relaying.run(state, publisher, batch, clock or SystemClock())
