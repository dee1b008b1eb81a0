"""Running sums in SQLite: what was counted stays counted, and how far each file was read is kept beside it.

A sum and the place up to which it goes are one transaction, so that a reader may be killed anywhere, or two may read at
once, and every line counts once.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from ... import workspace
from ...workspace import Workspace
from . import table

FILE = "metrics.db"
TABLES = """
CREATE TABLE IF NOT EXISTS total (
    metric TEXT NOT NULL, labels TEXT NOT NULL, part TEXT NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (metric, labels, part)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS place (path TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID;
-- a prediction or outcome by a hash of its id: role 0 live, 1 shadow, 2 an outcome
CREATE TABLE IF NOT EXISTS seen (
    id INTEGER NOT NULL, role INTEGER NOT NULL, hour TEXT NOT NULL, value TEXT NOT NULL, who TEXT NOT NULL,
    joined INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (id, role)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_hour ON seen (hour);
CREATE INDEX IF NOT EXISTS seen_unmatched ON seen (role) WHERE role = 2 AND joined = 0;
-- what another process counts from its own start on
CREATE TABLE IF NOT EXISTS last (name TEXT PRIMARY KEY, owner TEXT NOT NULL, value REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
COUNT, SUM = "count", "sum"
Key = tuple[str, str, str]
Labels = Mapping[str, str]
NONE: Labels = {}


def numbered(event: str) -> int:
    """An id as a number of 64 bits, which takes an eighth of the room: two of a billion collide once in forty times."""
    return int.from_bytes(hashlib.blake2b(event.encode(), digest_size=8).digest(), "big", signed=True)


@contextmanager
def opened(place: Workspace) -> Iterator[sqlite3.Connection]:
    """The sums of a workspace."""
    with workspace.database(place.folder / FILE, TABLES) as connection:
        yield connection


@dataclass
class Sums:
    """What is to be added, gathered before it is written."""

    added: dict[Key, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, metric: str, labels: Labels = NONE, amount: float = 1.0, part: str = COUNT) -> None:
        """Add to a counter, or to a part of another kind. Raises `MetricError` for what the table does not have."""
        self.added[metric, json.dumps(table.labelled(metric, labels)), part] += amount

    def observe(self, metric: str, value: float, labels: Labels) -> None:
        """A value of a histogram or summary."""
        self.add(metric, labels)
        self.add(metric, labels, value, SUM)
        edges = table.of(metric).edges
        if edges:
            self.add(metric, labels, part=next((repr(edge) for edge in edges if value <= edge), "+Inf"))

    def write(self, connection: sqlite3.Connection) -> None:
        """Into the caller's transaction."""
        sql = (
            "INSERT INTO total VALUES (?, ?, ?, ?) "
            "ON CONFLICT (metric, labels, part) DO UPDATE SET value = value + excluded.value"
        )
        connection.executemany(sql, [(*key, amount) for key, amount in self.added.items()])


def read(connection: sqlite3.Connection) -> dict[str, dict[tuple[str, ...], dict[str, float]]]:
    """Metric -> values of its labels -> part -> sum."""
    out: dict[str, dict[tuple[str, ...], dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in connection.execute("SELECT * FROM total ORDER BY metric, labels"):
        out[row["metric"]][tuple(json.loads(row["labels"]))][row["part"]] = row["value"]
    return out


def grown(connection: sqlite3.Connection, name: str, owner: str, value: float) -> float:
    """How much a count of another process has grown since the last look; one of a new `owner` began at nothing."""
    row = connection.execute("SELECT owner, value FROM last WHERE name = ?", (name,)).fetchone()
    since = row["value"] if row and row["owner"] == owner and row["value"] <= value else 0.0
    connection.execute("INSERT OR REPLACE INTO last VALUES (?, ?, ?)", (name, owner, value))
    return float(value - since)


def marked(connection: sqlite3.Connection, name: str) -> str:
    """A word that was left for the next reader."""
    row = connection.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()
    return str(row["value"]) if row else ""


def mark(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", (name, value))
