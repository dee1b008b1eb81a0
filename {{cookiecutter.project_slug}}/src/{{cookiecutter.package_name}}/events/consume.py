"""Takes events from the broker: inbox and effects in one transaction, the answer to the broker after it.

Killed before the commit, nothing was done and the event comes again; killed after it, the event comes again and the
inbox knows it. So each effect happens once, whatever dies when.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import Any, Literal, Protocol

from azure.core.exceptions import AzureError
from azure.core.messaging import CloudEvent

from ..clock import Clock
from ..errors import MlopsError
from ..workspace import Workspace, database, transaction
from . import bus, handling, inbox, outbox, trouble
from .cloud import Event, written
from .handling import Handlers
from .schemas import EventError

CONSUMER = (
    "handlers"  # the pull from the broker and the webhook share it, so an event that comes both ways is done once
)
TABLES = inbox.TABLES + outbox.TABLES + trouble.TABLES
BATCH, WAIT = 20, 10  # events of one request; seconds to wait for them, the fewest that Event Grid takes
DELAYS = (10, 60, 600, 3600)  # seconds until a failed event comes again, of those that Event Grid knows
Echo = Callable[[str], None]
Fate = Literal["done", "before", "unknown", "failed", "rejected"]


class Receiver(Protocol):
    """What `azure.eventgrid.EventGridConsumerClient` offers."""

    def receive(self, *, max_events: int, max_wait_time: int) -> list[Any]: ...
    def acknowledge(self, *, lock_tokens: list[str]) -> Any: ...
    def release(self, *, lock_tokens: list[str], release_delay: int) -> Any: ...
    def reject(self, *, lock_tokens: list[str]) -> Any: ...


@dataclass(frozen=True)
class Consumed:
    """How many were `done`, were done `before`, concern nobody here, `failed` to come again, or are no events."""

    done: int = 0
    before: int = 0
    unknown: int = 0
    failed: int = 0
    rejected: int = 0

    @property
    def received(self) -> int:
        return sum(astuple(self))

    def __add__(self, other: Consumed) -> Consumed:
        return Consumed(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    @classmethod
    def of(cls, fates: Iterable[Fate]) -> Consumed:
        found = list(fates)
        return cls(*(found.count(name) for name in ("done", "before", "unknown", "failed", "rejected")))

    @property
    def sentence(self) -> str:
        """For people."""
        told = (
            f"{self.received} received: {self.done} done, {self.before} done before, {self.unknown} of no concern here"
        )
        return f"{told}, {self.failed} failed and come again, {self.rejected} rejected"


def run(
    place: Workspace, clock: Clock, consumer: Receiver, *, echo: Echo, handlers: Handlers | None = None
) -> Consumed:
    """Take all that is there. Raises `BusError` where the broker is not reached."""
    found = handlers or handling.find()
    total = Consumed()
    try:
        with database(place.state, TABLES + found.tables) as connection:
            while True:
                details = consumer.receive(max_events=BATCH, max_wait_time=WAIT)
                total += batch(connection, place, clock, consumer, details, found, echo)
                if len(details) < BATCH:
                    return total
    except AzureError as error:
        raise bus.lost(error) from error


def batch(
    connection: sqlite3.Connection,
    place: Workspace,
    clock: Clock,
    consumer: Receiver,
    details: list[Any],
    handlers: Handlers,
    echo: Echo,
) -> Consumed:
    """Do these events one after another, and answer for those that came to an end, even if one of ours fails."""
    fates: list[Fate] = []
    try:
        for detail in details:
            fates.append(fate_of(connection, place, clock, detail.event, handlers, echo))
    finally:
        answer(consumer, details, fates)
    return Consumed.of(fates)


def answer(consumer: Receiver, details: list[Any], fates: list[Fate]) -> None:
    """Tell the broker what became of them; where it does not hear that, they come again."""
    tokens: dict[tuple[str, int], list[str]] = defaultdict(list)
    for detail, fate in zip(details, fates, strict=False):  # fewer fates than events where one of ours failed
        given = detail.broker_properties
        delay = DELAYS[min(given.delivery_count, len(DELAYS)) - 1] if fate == "failed" else 0
        how = {"failed": "release", "rejected": "reject"}.get(fate, "acknowledge")
        tokens[how, delay].append(given.lock_token)
    for (how, delay), held in tokens.items():
        if how == "acknowledge":
            consumer.acknowledge(lock_tokens=held)
        elif how == "reject":
            consumer.reject(lock_tokens=held)
        else:
            consumer.release(lock_tokens=held, release_delay=delay)


def fate_of(
    connection: sqlite3.Connection, place: Workspace, clock: Clock, told: CloudEvent, handlers: Handlers, echo: Echo
) -> Fate:
    """Do what an event asks for; an error of ours is noted, and it is for the caller to have it come again."""
    try:
        event = event_of(told)
    except EventError as error:
        echo(f"rejected: {error.problem}")
        return "rejected"
    try:
        fate = take(connection, place, clock, event, handlers)
    except MlopsError as error:
        echo(f"{event.type} {event.subject}: {error.problem}; it comes again")
        return "failed"
    if fate == "done":
        echo(f"{event.type} {event.subject}: done")
    return fate


def take(connection: sqlite3.Connection, place: Workspace, clock: Clock, event: Event, handlers: Handlers) -> Fate:
    """The event and all its effects, in one transaction, once. Raises what a handler raised: then nothing was done."""
    todo = handlers.of(event)
    if not todo:
        return "unknown"
    try:
        with transaction(connection):
            if not inbox.once(connection, event, CONSUMER):
                return "before"
            for handler in todo:
                handler(connection, place, event, clock.now())
            trouble.over(connection, event)
    except MlopsError as error:
        with transaction(connection):
            trouble.note(connection, event, error, written(clock.now()))
        raise
    return "done"


def event_of(told: CloudEvent) -> Event:
    """The client's event as ours. Raises `EventError` where its data is not what we can read."""
    at = written(told.time) if told.time else ""
    named = {"id": told.id, "type": told.type, "source": told.source, "subject": told.subject, "time": at}
    return Event.from_json({**named, "data": told.data})


def deliver(
    place: Workspace, clock: Clock, events: list[Event], *, echo: Echo, handlers: Handlers | None = None
) -> Consumed:
    """Events that were pushed to us, by the same way. Those that fail are counted: their sender sends them again."""
    found = handlers or handling.find()
    fates: list[Fate] = []
    with database(place.state, TABLES + found.tables) as connection:
        for event in events:
            try:
                fates.append(take(connection, place, clock, event, found))
            except MlopsError as error:
                echo(f"{event.type} {event.subject}: {error.problem}")
                fates.append("failed")
    return Consumed.of(fates)
