"""The relay: sends the outbox and marks as sent what the broker has answered for. Killed anywhere, it loses nothing.

Between the answer and the mark it may die, and two may run at once: then an event is sent again, with the same id.
Consumers have their inbox for that.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Protocol

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.messaging import CloudEvent

from ..clock import Clock
from ..workspace import database, transaction
from . import bus, outbox
from .cloud import written
from .outbox import Entry

INVALID = {400, 413, 422}  # of these the event is the cause, not the broker


class Publisher(Protocol):
    """What `azure.eventgrid.EventGridPublisherClient` offers."""

    def send(self, events: Any) -> None: ...


def run(state: Path, publisher: Publisher, batch: int, clock: Clock) -> int:
    """Send all that waits; gives how many events the broker took. Raises `BusError` where it cannot be reached."""
    taken = 0
    with database(state, outbox.TABLES) as connection:
        while entries := oldest(connection, batch):
            taken += send(connection, publisher, entries, clock)
    return taken


def oldest(connection: sqlite3.Connection, batch: int) -> list[Entry]:
    """The next events to send."""
    first = f"number IN (SELECT number FROM outbox WHERE {outbox.WAITING} ORDER BY number LIMIT {int(batch)})"  # noqa: S608
    return outbox.entries(connection, first, batch)


def send(connection: sqlite3.Connection, publisher: Publisher, entries: list[Entry], clock: Clock) -> int:
    """Send these in one request. One bad event spoils it, so it is halved until that one stands alone."""
    try:
        publisher.send([cloud_event(entry) for entry in entries])
    except HttpResponseError as error:
        if error.status_code not in INVALID:
            raise bus.lost(error) from error
        if len(entries) > 1:
            middle = len(entries) // 2
            return sum(send(connection, publisher, half, clock) for half in (entries[:middle], entries[middle:]))
        mark(connection, entries, "refused", bus.said(error))
        return 0
    except AzureError as error:
        raise bus.lost(error) from error
    return mark(connection, entries, "sent", written(clock.now()))


def mark(connection: sqlite3.Connection, entries: list[Entry], column: str, value: str) -> int:
    """Note what became of them; gives how many another relay had not marked before."""
    change = f"UPDATE outbox SET {column} = ? WHERE number = ? AND {outbox.WAITING}"  # noqa: S608
    with transaction(connection):
        return sum(connection.execute(change, (value, entry.number)).rowcount for entry in entries)


def cloud_event(entry: Entry) -> CloudEvent:
    """The event as the client takes it."""
    return CloudEvent.from_dict(entry.event.as_json())
