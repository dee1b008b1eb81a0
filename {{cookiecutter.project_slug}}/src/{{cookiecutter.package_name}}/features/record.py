"""What was computed, when and from what: a row for each interval of a feature set, and one for each run."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from ..workspace import database
from .featureset import MATERIALISE, FeatureError, FeatureSet

FILE = "features.db"
Status = Literal["None", "Pending", "Incomplete", "Complete"]  # Azure's four; None: the interval has no row here
TABLES = """
CREATE TABLE IF NOT EXISTS intervals (
    feature_set TEXT NOT NULL, version TEXT NOT NULL, label TEXT NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('Pending', 'Incomplete', 'Complete')), input TEXT NOT NULL,
    definition TEXT NOT NULL, content TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, rows INTEGER NOT NULL,
    newest TEXT NOT NULL, run INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (feature_set, version, label));
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, feature_set TEXT NOT NULL, version TEXT NOT NULL, started TEXT NOT NULL, finished TEXT,
    inputs TEXT NOT NULL, intervals INTEGER NOT NULL, computed INTEGER NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0, seconds REAL, status TEXT NOT NULL, problem TEXT NOT NULL DEFAULT '');
"""


@dataclass(frozen=True)
class Interval:
    """A part of a feature set in time, from `start` and before `end`, as it was last computed.

    `input` names the files that it was computed from, `content` their rows; `newest` is the time of its newest value.
    """

    feature_set: str
    version: str
    label: str
    start: str
    end: str
    status: Status
    input: str
    definition: str
    content: str = ""
    path: str = ""
    sha256: str = ""
    rows: int = 0
    newest: str = ""
    run: int = 0
    at: str = ""


def opened(store: Path) -> AbstractContextManager[sqlite3.Connection]:
    """The store's record."""
    return database(store / FILE, TABLES)


def existing(store: Path) -> AbstractContextManager[sqlite3.Connection]:
    """The record of a store that is there. Raises `FeatureError`."""
    if not (store / FILE).is_file():
        raise FeatureError(f"{store} holds no materialised features", fix=MATERIALISE)
    return opened(store)


def intervals(connection: sqlite3.Connection, found: FeatureSet) -> dict[str, Interval]:
    """Label -> interval, in time order."""
    query = "SELECT * FROM intervals WHERE feature_set = ? AND version = ? ORDER BY start"
    rows = connection.execute(query, (found.name, found.version))
    return {row["label"]: Interval(**dict(row)) for row in rows}


def mark(connection: sqlite3.Connection, interval: Interval) -> None:
    """Write an interval; it takes the place of the one of its label."""
    values = asdict(interval)
    names = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT OR REPLACE INTO intervals ({', '.join(values)}) VALUES ({names})", values)  # noqa: S608


def forget(connection: sqlite3.Connection, interval: Interval) -> None:
    """An interval whose rows are no longer landed."""
    query = "DELETE FROM intervals WHERE feature_set = ? AND version = ? AND label = ?"
    connection.execute(query, (interval.feature_set, interval.version, interval.label))


def started(connection: sqlite3.Connection, found: FeatureSet, at: datetime, inputs: str, count: int) -> int:
    """A new run's number. Runs that never finished were killed, and say so from now on."""
    where = "feature_set = ? AND version = ? AND status = 'Running'"
    connection.execute(f"UPDATE runs SET status = 'Killed' WHERE {where}", (found.name, found.version))  # noqa: S608
    query = "INSERT INTO runs (feature_set, version, started, inputs, intervals, status) VALUES (?, ?, ?, ?, ?, ?)"
    values = (found.name, found.version, at.isoformat(), inputs, count, "Running")
    return int(connection.execute(query, values).lastrowid or 0)


def finished(
    connection: sqlite3.Connection, run: int, at: datetime, computed: int, rows: int, seconds: float, problem: str = ""
) -> None:
    """How a run ended: `Complete`, or `Failed` where there was a `problem`."""
    query = "UPDATE runs SET finished = ?, computed = ?, rows = ?, seconds = ?, status = ?, problem = ? WHERE id = ?"
    status = "Failed" if problem else "Complete"
    connection.execute(query, (at.isoformat(), computed, rows, round(seconds, 3), status, problem, run))


def runs(connection: sqlite3.Connection, found: FeatureSet, most: int = 5) -> list[sqlite3.Row]:
    """The latest runs, the last one first."""
    query = "SELECT * FROM runs WHERE feature_set = ? AND version = ? ORDER BY id DESC LIMIT ?"
    return connection.execute(query, (found.name, found.version, most)).fetchall()
