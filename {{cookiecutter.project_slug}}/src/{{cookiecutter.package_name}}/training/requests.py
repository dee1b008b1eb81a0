"""The queue of training runs that somebody or something asked for: in the workspace's database, so nothing is lost."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..clock import Clock
from ..data import lock
from ..errors import DataError, MlopsError
from ..workspace import Workspace, database, transaction

TABLES = """
CREATE TABLE IF NOT EXISTS request (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    cause TEXT NOT NULL,
    inputs TEXT NOT NULL,
    at TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'done', 'failed')),
    run TEXT NOT NULL DEFAULT '',
    worker TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
);
"""
TRIES = 3  # a request that ends its worker each time would stop all that wait behind it


class BusyError(MlopsError):
    """Another process works on the requests, or runs a pipeline: what waits goes on waiting."""


@dataclass(frozen=True)
class Request:
    """One run that is asked for: `cause` says by what; `status` is waiting, running, done, or failed for a `reason`."""

    id: str
    pipeline: str
    cause: str
    inputs: dict[str, str]
    at: str
    status: str = "waiting"
    run: str = ""
    reason: str = ""
    tries: int = 0


def add(
    connection: sqlite3.Connection,
    *,
    id: str,  # noqa: A002
    pipeline: str,
    cause: str,
    inputs: dict[str, str],
    at: datetime,
) -> bool:
    """Ask for a run, inside the caller's transaction. False: this id was asked for before."""
    row = (id, pipeline, cause, json.dumps(inputs, sort_keys=True), at.astimezone(UTC).isoformat())
    sql = "INSERT INTO request (id, pipeline, cause, inputs, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
    return connection.execute(sql, row).rowcount == 1


def waits(connection: sqlite3.Connection, pipeline: str, inputs: dict[str, str]) -> bool:
    """Whether such a run is asked for and has not begun: it will see all that is there when it begins."""
    sql = "SELECT 1 FROM request WHERE status = 'waiting' AND pipeline = ? AND inputs = ?"
    return connection.execute(sql, (pipeline, json.dumps(inputs, sort_keys=True))).fetchone() is not None


def pending(connection: sqlite3.Connection) -> list[Request]:
    """What is not ended, oldest first; what runs, or ran when its worker died, comes in its place."""
    return read(connection, "WHERE status IN ('waiting', 'running') ORDER BY at, number")


def latest(connection: sqlite3.Connection, count: int) -> list[Request]:
    """The last requests, newest first, whatever became of them."""
    return read(connection, f"ORDER BY number DESC LIMIT {count:d}")


def read(connection: sqlite3.Connection, tail: str) -> list[Request]:
    """The requests that a clause of ours selects."""
    sql = f"SELECT id, pipeline, cause, inputs, at, status, run, reason, tries FROM request {tail}"  # noqa: S608
    return [Request(**{**row, "inputs": json.loads(row["inputs"])}) for row in connection.execute(sql)]


def work(
    workspace: Workspace, clock: Clock, run: Callable[[Request], str], echo: Callable[[str], None]
) -> list[Request]:
    """Run what waits, one at a time; `run` gives a run's id. Raises `BusyError` while another process works.

    Only who holds the lock runs anything, so a request that is still marked as running belongs to a worker that died.
    """
    ended: list[Request] = []
    with alone(workspace), database(workspace.state, TABLES) as connection:
        while waiting := pending(connection):
            ended.append(one(connection, waiting[0], clock, run, echo))
    return ended


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """Hold the work for this process."""
    held = lock.held(workspace.folder / "worker")
    try:
        held.__enter__()
    except DataError:
        fix = "wait for it: it takes what waits before it ends"
        raise BusyError(f"another process works on the requests of {workspace.name}", fix=fix) from None
    try:
        yield
    finally:
        held.__exit__(None, None, None)


def one(
    connection: sqlite3.Connection,
    request: Request,
    clock: Clock,
    run: Callable[[Request], str],
    echo: Callable[[str], None],
) -> Request:
    """Run one request, and keep what became of it."""
    if request.tries >= TRIES:
        return end(connection, replace(request, status="failed", reason=f"its worker died {request.tries} times"), echo)
    worker = f"{socket.gethostname()}:{os.getpid()}"
    with transaction(connection):
        connection.execute(
            "UPDATE request SET status = 'running', worker = ?, tries = tries + 1 WHERE id = ?", (worker, request.id)
        )
    again = ", which its worker left behind" if request.status == "running" else ""
    echo(f"{clock.now().isoformat(timespec='seconds')} running {request.pipeline}: {request.cause}{again}")
    request = replace(request, tries=request.tries + 1)
    try:
        made = run(request)
    except BusyError:
        with transaction(connection):
            connection.execute("UPDATE request SET status = 'waiting', tries = tries - 1 WHERE id = ?", (request.id,))
        raise
    except MlopsError as error:
        return end(connection, replace(request, status="failed", reason=error.problem), echo)
    return end(connection, replace(request, status="done", run=made), echo)


def end(connection: sqlite3.Connection, request: Request, echo: Callable[[str], None]) -> Request:
    """Keep how a request ended, and say it."""
    with transaction(connection):
        connection.execute(
            "UPDATE request SET status = ?, run = ?, reason = ? WHERE id = ?",
            (request.status, request.run, request.reason, request.id),
        )
    by = f", run {request.run}" if request.run else ""
    echo(f"{request.pipeline} {request.status}{by}: {request.reason or request.cause}")
    return request
