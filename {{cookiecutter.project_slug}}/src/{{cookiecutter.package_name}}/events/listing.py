"""What became of events, for people: the outbox with its marks, and the dead letters with their reasons."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from ..clock import Clock
from ..workspace import Workspace, database, transaction
from . import bus, consume, deliveries, inbox, outbox, topics, trouble
from .bus import BusError
from .deliveries import Dead
from .outbox import Entry

SHORT = 8  # characters of an id that tell events apart


def lines(place: Workspace, last: int) -> list[str]:
    """The latest events of the outbox, oldest first, each with what became of it."""
    with database(place.state, consume.TABLES) as connection:
        failing = {(it.source, it.id): it for it in trouble.all_of(connection)}
        return [
            f"{entry.event.id[:SHORT]}  {entry.event.time}  {entry.event.type.rpartition('.')[2]:<16}  "
            f"{entry.event.subject}: {became(connection, entry, failing)}"
            for entry in outbox.entries(connection, last=last)
        ]


def became(connection: sqlite3.Connection, entry: Entry, failing: dict[tuple[str, str], trouble.Trouble]) -> str:
    """One event's lot."""
    named = (entry.event.source, entry.event.id)
    if entry.refused:
        return f"refused by the broker: {entry.refused}"
    if named in failing:
        return f"failed {failing[named].tries} times: {failing[named].said}"
    if inbox.known(connection, entry.event, consume.CONSUMER):
        return "sent and done"
    return f"sent {entry.sent}" if entry.sent else "waits to be sent"


def dead(place: Workspace) -> list[str]:
    """The dead letters, each with what its handler said last. Raises `BusError` where they are not kept here."""
    with database(place.state, consume.TABLES) as connection:
        said = {it.id: it.said for it in trouble.all_of(connection)}
    with database(kept_here(place), topics.TABLES) as connection:
        return [line(it, said.get(it.event["id"], "")) for it in deliveries.dead(connection)]


def line(letter: Dead, said: str) -> str:
    """One dead letter."""
    event = letter.event
    reason = f": {said}" if said else ""
    kind = event["type"].rpartition(".")[2]
    what = f"{letter.subscription}  {kind} {event.get('subject', '')}"
    return f"{event['id'][:SHORT]}  {what}  {letter.why} after {letter.count}{reason}"


def redeliver(place: Workspace, clock: Clock, ids: tuple[str, ...]) -> list[str]:
    """Put dead letters before their subscription again; without ids, all."""
    now = clock.now().timestamp()
    return settle(place, ids, "comes again", lambda connection, letter: deliveries.redeliver(connection, letter, now))


def drop(place: Workspace, ids: tuple[str, ...]) -> list[str]:
    """Give dead letters up."""
    return settle(place, ids, "is given up", deliveries.drop)


def settle(
    place: Workspace, ids: tuple[str, ...], what: str, how: Callable[[sqlite3.Connection, Dead], None]
) -> list[str]:
    """Do something with the dead letters whose ids begin so. Raises `BusError` for an id that none has."""
    with database(kept_here(place), topics.TABLES) as connection, transaction(connection):
        found = deliveries.dead(connection)
        for wanted in ids:
            if not any(it.event["id"].startswith(wanted) for it in found):
                raise BusError(f"no dead letter begins with {wanted!r}", fix="`mlops events dead` lists them")
        chosen = [it for it in found if not ids or it.event["id"].startswith(ids)]
        for letter in chosen:
            how(connection, letter)
    return [f"{it.event['id'][:SHORT]} {it.event['type']} {what}" for it in chosen] or ["no dead letters"]


def kept_here(place: Workspace) -> Path:
    """The local broker's database. Raises `BusError` where another broker is used."""
    address = bus.elsewhere(place)
    if address is not None:
        fix = "look into the storage container that its subscription names for dead letters"
        raise BusError(f"dead letters of {address.endpoint} are not kept here", fix=fix)
    return place.broker
