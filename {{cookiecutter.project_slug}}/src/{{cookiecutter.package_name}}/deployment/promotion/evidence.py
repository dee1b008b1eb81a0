"""What a workspace knows of its models: test reports, and what was promoted into it. Append-only, as the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from ... import workspace
from ...workspace import Workspace

TABLES = """
CREATE TABLE IF NOT EXISTS model_tests (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, by TEXT NOT NULL, model_sha256 TEXT NOT NULL,
    report_sha256 TEXT NOT NULL, passed INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS arrivals (
    model_sha256 TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, version TEXT NOT NULL, source TEXT NOT NULL,
    source_version TEXT NOT NULL, artifacts_sha256 TEXT NOT NULL, report_sha256 TEXT NOT NULL, lock_sha256 TEXT NOT NULL
) WITHOUT ROWID;
""" + "".join(
    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{what} BEFORE {what.upper()} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;\n"
    for table in ("model_tests", "arrivals")
    for what in ("update", "delete")
)


@dataclass(frozen=True)
class Tested:
    """A test of a model: the digest of its report, and the outcome."""

    at: str
    by: str
    model_sha256: str
    report_sha256: str
    passed: bool


@dataclass(frozen=True)
class Arrival:
    """A model that was promoted into this workspace as `version`: from where, and with which files."""

    model_sha256: str
    at: str
    by: str
    version: str
    source: str
    source_version: str
    artifacts_sha256: str
    report_sha256: str
    lock_sha256: str


@contextmanager
def opened(place: Workspace) -> Iterator[sqlite3.Connection]:
    """The workspace's own database."""
    with workspace.database(place.state, TABLES) as connection:
        yield connection


def tested(connection: sqlite3.Connection, row: Tested) -> None:
    """Write that a model was tested, in the caller's transaction."""
    names = tuple(asdict(row))
    query = f"INSERT INTO model_tests ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"  # noqa: S608
    connection.execute(query, asdict(row))


def last_test(connection: sqlite3.Connection, model: str) -> Tested | None:
    """The latest test of a model; an earlier one no longer counts."""
    names = "at, by, model_sha256, report_sha256, passed"
    query = f"SELECT {names} FROM model_tests WHERE model_sha256 = ? ORDER BY number DESC"  # noqa: S608
    row = connection.execute(query, (model,)).fetchone()
    return Tested(**{**dict(row), "passed": bool(row["passed"])}) if row else None


def arrived(connection: sqlite3.Connection, row: Arrival) -> None:
    """Write that a model came in, in the caller's transaction."""
    names = tuple(asdict(row))
    query = f"INSERT INTO arrivals ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"  # noqa: S608
    connection.execute(query, asdict(row))


def arrival(connection: sqlite3.Connection, model: str) -> Arrival | None:
    """How a model came into this workspace; None for one that was registered here."""
    row = connection.execute("SELECT * FROM arrivals WHERE model_sha256 = ?", (model,)).fetchone()
    return Arrival(**dict(row)) if row else None
