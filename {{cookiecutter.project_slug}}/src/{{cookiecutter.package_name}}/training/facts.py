"""The runs of a workspace: who asked, what became of it. Each change of status is one fact, and one event with it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from .. import workspace
from ..events import cloud, outbox
from ..workspace import Workspace

TABLES = (
    """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, cause TEXT NOT NULL, request TEXT NOT NULL, mlflow TEXT NOT NULL,
    started TEXT NOT NULL, ended TEXT NOT NULL, status TEXT NOT NULL, said TEXT NOT NULL, version TEXT NOT NULL
);
"""
    + outbox.TABLES
)
RUNNING, COMPLETED, FAILED = "Running", "Completed", "Failed"


@dataclass(frozen=True)
class Fact:
    """A run as the workspace knows it; `said` is why it failed, `version` what it registered."""

    id: str
    pipeline: str
    cause: str
    request: str
    mlflow: str
    started: str
    ended: str
    status: str
    said: str
    version: str


def begin(place: Workspace, run: str, pipeline: str, cause: str, request: str, mlflow: str, at: datetime) -> None:
    """A run has begun."""
    with workspace.database(place.state, TABLES) as connection, workspace.transaction(connection):
        row = (run, pipeline, cause, request, mlflow, at.isoformat(), "", RUNNING, "", "")
        connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        tell(connection, place, run, at)


def tracked(place: Workspace, run: str, mlflow: str) -> None:
    """MLflow has a run of its own for it."""
    with workspace.database(place.state, TABLES) as connection, workspace.transaction(connection):
        connection.execute("UPDATE runs SET mlflow = ? WHERE id = ?", (mlflow, run))


def finish(place: Workspace, run: str, at: datetime, *, said: str = "", version: str = "") -> None:
    """A run has ended: with what it has to say where it failed."""
    values = (FAILED if said else COMPLETED, at.isoformat(), said, version, run)
    with workspace.database(place.state, TABLES) as connection, workspace.transaction(connection):
        connection.execute("UPDATE runs SET status = ?, ended = ?, said = ?, version = ? WHERE id = ?", values)
        tell(connection, place, run, at)


def tell(connection: sqlite3.Connection, place: Workspace, run: str, at: datetime) -> None:
    """The events of a run's status, beside it in one transaction."""
    fact = get(connection, run)
    tags = {"cause": fact.cause, "version": fact.version}
    facts = cloud.RunFacts(fact.pipeline, fact.pipeline, run, "pipeline", tags, {"mlflow_run": fact.mlflow})
    source = cloud.source(place.name)
    outbox.add(connection, cloud.run_status_changed(source, run=facts, status=fact.status, at=at))
    if fact.status == COMPLETED:
        outbox.add(connection, cloud.run_completed(source, run=facts, at=at))


def get(connection: sqlite3.Connection, run: str) -> Fact:
    """One run."""
    return Fact(**dict(connection.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()))


def latest(place: Workspace, most: int = 20) -> list[Fact]:
    """The latest runs, newest first."""
    with workspace.database(place.state, TABLES) as connection:
        rows = connection.execute("SELECT * FROM runs ORDER BY started DESC, rowid DESC LIMIT ?", (most,))
        return [Fact(**dict(row)) for row in rows]


def left(place: Workspace) -> list[Fact]:
    """Runs that nobody has ended. Under the lock that a run holds, these are those whose process died."""
    with workspace.database(place.state, TABLES) as connection:
        rows = connection.execute("SELECT * FROM runs WHERE status = ? ORDER BY started", (RUNNING,))
        return [Fact(**dict(row)) for row in rows]
