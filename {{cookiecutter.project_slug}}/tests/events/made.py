"""Events to test with, and handlers whose effects can be counted."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn

from {{cookiecutter.package_name}}.data import manifest
from {{cookiecutter.package_name}}.errors import MlopsError
from {{cookiecutter.package_name}}.events import bus, cloud, consume, handling, outbox
from {{cookiecutter.package_name}}.events.bus import Address
from {{cookiecutter.package_name}}.events.cloud import Event
from {{cookiecutter.package_name}}.events.handling import Handlers
from {{cookiecutter.package_name}}.workspace import Workspace, database, transaction

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOURCE = "/workspaces/dev"
EFFECTS = "CREATE TABLE IF NOT EXISTS effect (id TEXT NOT NULL, handler TEXT NOT NULL);"


def registered(number: int = 1) -> Event:
    """A model's version came into the registry."""
    return cloud.model_registered(
        SOURCE, name="trips", version=number, tags={"run": f"r{number}"}, properties={}, at=AT
    )


def told(place: Workspace, *events: Event) -> list[bool]:
    """Put events into the outbox; whether each was new."""
    with database(place.state, outbox.TABLES) as connection, transaction(connection):
        return [outbox.add(connection, event) for event in events]


def dies(_: object) -> None:
    """A process that ends after its last deed."""
    raise KeyboardInterrupt


def effect(connection: sqlite3.Connection, _: Workspace, event: Event, at: datetime) -> None:
    """Leaves a row each time, so that a repeated effect is seen."""
    connection.execute("INSERT INTO effect VALUES (?, ?)", (event.id, at.isoformat()))


class Fails:
    """Writes its effect, and fails as long as it is told to."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error or MlopsError("the registry is away", fix="wait")
        self.failing = True

    def __call__(self, connection: sqlite3.Connection, place: Workspace, event: Event, at: datetime) -> None:
        effect(connection, place, event, at)
        if self.failing:
            raise self.error


def handled(*handlers: handling.Handler) -> Handlers:
    """These handlers, of models that are registered."""
    kind = registered().type
    return Handlers({kind: handlers}, EFFECTS)


def effects(place: Workspace) -> list[str]:
    """The ids of the events whose effect is there, one for each time."""
    with database(place.state, EFFECTS) as connection:
        return [row["id"] for row in connection.execute("SELECT id FROM effect ORDER BY rowid")]


def troubles(place: Workspace) -> list[tuple[int, str]]:
    """(tries, reason) of what failed."""
    with database(place.state, consume.TABLES) as connection:
        return [(row["tries"], row["said"]) for row in connection.execute("SELECT tries, said FROM trouble")]


@contextmanager
def clients(address: Address) -> Iterator[tuple[Any, Any]]:
    """The real publisher and consumer."""
    with bus.publisher(address) as publisher, bus.consumer(address) as consumer:
        yield publisher, consumer


def deliveries_of(place: Workspace) -> list[tuple[str, int]]:
    """(state, count) of each delivery in the broker's database."""
    with database(place.broker) as connection:
        rows = connection.execute("SELECT state, count FROM delivery ORDER BY event, subscription")
        return [(row["state"], row["count"]) for row in rows]


def as_grid(event: Event) -> dict[str, Any]:
    """The event in Event Grid's own schema, as Azure delivers it."""
    named = {"id": event.id, "eventType": event.type, "topic": event.source, "subject": event.subject}
    return {**named, "eventTime": event.time, "data": event.data, "dataVersion": "", "metadataVersion": "1"}


def bodies(*events: Event) -> dict[str, bytes]:
    """The same events as request bodies of both schemas."""
    return {
        "cloud events": json.dumps([event.as_json() for event in events]).encode(),
        "event grid": json.dumps([as_grid(event) for event in events]).encode(),
    }


def landed(place: Workspace, name: str = "a", rows: int = 5) -> str:
    """Land a file, as the data pipeline commits one; gives the state."""
    before = manifest.load(place.landed)
    file = manifest.File(path=f"{name}.parquet", sha256=name * 64, rows=rows, start="", end="", nulls={})
    batch = manifest.Batch(id=before.next_id, source="s", started="", finished="", read=rows, new=rows)
    after = before.having(number=before.number + 1, files=(*before.files, file), batches=(*before.batches, batch))
    return manifest.commit(place.landed, before, after).state


@contextmanager
def running(app: Any) -> Iterator[httpx.Client]:
    """A client of an application behind a real server on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()
