"""The inbox: what a consumer has done, written in the transaction of the effect. A second delivery finds it there."""

from __future__ import annotations

import sqlite3

from .cloud import Event
from .outbox import must_be_inside

TABLES = """
CREATE TABLE IF NOT EXISTS inbox (
    consumer TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    time TEXT NOT NULL,
    PRIMARY KEY (consumer, source, id)
) WITHOUT ROWID;
"""


def once(connection: sqlite3.Connection, event: Event, consumer: str) -> bool:
    """Note in the caller's transaction that `consumer` does this event now. False: it did before, do nothing."""
    must_be_inside(connection, "inbox.once")
    values = (consumer, event.source, event.id, event.type, event.time)
    return connection.execute("INSERT OR IGNORE INTO inbox VALUES (?, ?, ?, ?, ?)", values).rowcount == 1


def known(connection: sqlite3.Connection, event: Event, consumer: str) -> bool:
    """Has `consumer` done this event?"""
    found = "SELECT 1 FROM inbox WHERE consumer = ? AND source = ? AND id = ?"
    return connection.execute(found, (consumer, event.source, event.id)).fetchone() is not None
