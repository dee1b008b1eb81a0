"""What the demo's chapters need: a workspace beside the real one, effects that are counted, a broker to kill."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from ..clock import Clock
from ..workspace import Workspace, database, transaction
from . import bus, cloud, consume, deliveries, outbox, schemas, server, topics
from .bus import Address, BusError
from .cloud import Event
from .consume import Consumed
from .handling import Handlers

PACKAGE = __name__.split(".")[0]
EFFECTS = "CREATE TABLE IF NOT EXISTS effect (id TEXT NOT NULL);"
LOCK, PATIENCE = 1, 30.0  # seconds: of a lock of the broker that is killed; until all has to be done


@contextmanager
def aside() -> Iterator[Workspace]:
    """A workspace for one chapter."""
    with tempfile.TemporaryDirectory() as scratch:
        yield Workspace(Path(scratch))


def silent(_: str) -> None:
    """Chapters say what they have to say in figures."""


def effect(connection: sqlite3.Connection, _: Workspace, event: Event, __: datetime) -> None:
    """Leaves a row each time, so that a second effect is seen."""
    connection.execute("INSERT INTO effect VALUES (?)", (event.id,))


def counted(*also: Callable[..., None]) -> Handlers:
    """That effect for every type of event."""
    return Handlers(dict.fromkeys(schemas.TYPES, (effect, *also)), EFFECTS)


def effects(place: Workspace) -> Counter[str]:
    """How often each event had its effect."""
    with database(place.state, EFFECTS) as connection:
        return Counter(row["id"] for row in connection.execute("SELECT id FROM effect"))


def facts(real: Workspace, place: Workspace) -> list[Event]:
    """Copy a workspace's outbox, as if nothing of it were sent yet; gives its events."""
    columns = "source, id, type, subject, time, body"
    with database(real.state, outbox.TABLES) as connection:
        rows = [tuple(row) for row in connection.execute(f"SELECT {columns} FROM outbox ORDER BY number")]  # noqa: S608
    with database(place.state, outbox.TABLES) as connection, transaction(connection):
        connection.executemany(f"INSERT INTO outbox ({columns}) VALUES (?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
    return [Event.from_json(json.loads(row[-1])) for row in rows]


def tell(place: Workspace, clock: Clock, up_to: int) -> None:
    """Put made-up events into the outbox; those that are there stay as they are."""
    with database(place.state, outbox.TABLES) as connection, transaction(connection):
        for number in range(up_to):
            event = cloud.model_registered(
                cloud.source("demo"), name="demo", version=number, tags={}, properties={}, at=clock.now()
            )
            outbox.add(connection, event)


def unsend(place: Workspace) -> None:
    """Have the relay send everything again, as after a death before its mark."""
    with database(place.state, outbox.TABLES) as connection, transaction(connection):
        connection.execute("UPDATE outbox SET sent = NULL")


def round_of(place: Workspace, clock: Clock, address: Address, handlers: Handlers) -> Consumed:
    """Send what waits, take what came."""
    with bus.publisher(address) as publisher:
        outbox.relay(place.state, publisher, clock=clock)
    with bus.consumer(address) as consumer:
        return consume.run(place, clock, consumer, echo=silent, handlers=handlers)


def drained(place: Workspace, clock: Clock, address: Address) -> Consumed:
    """Rounds until the broker has nothing left, locks of the dead included. Raises `BusError` where it takes long."""
    total, until = Consumed(), time.monotonic() + PATIENCE
    while time.monotonic() < until:
        total += round_of(place, clock, address, counted())
        with database(place.broker, topics.TABLES) as connection:
            if not deliveries.open_ones(connection):
                return total
    raise BusError(f"not all was done in {PATIENCE:g} seconds", fix="`mlops events list` shows what waits")


@contextmanager
def broker(place: Workspace) -> Iterator[tuple[subprocess.Popen[bytes], Address]]:
    """The broker in a process of its own."""
    command = [sys.executable, "-m", PACKAGE, "events", "broker", "--lock", str(LOCK), "--subscription", place.name]
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with subprocess.Popen(command, cwd=place.root, env=variables, stdout=subprocess.PIPE) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            process.stdout.readline()  # by then it listens
            yield process, server.running(place)
        finally:
            process.kill()


class Deadly:
    """A handler that kills the broker at the event with this number."""

    def __init__(self, process: subprocess.Popen[bytes], at: int) -> None:
        self.process, self.left = process, at

    def __call__(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.process.kill()
            self.process.wait()


def gone(work: Callable[[], object]) -> bool:
    """Does the broker not answer?"""
    try:
        work()
    except BusError:
        return True
    return False
