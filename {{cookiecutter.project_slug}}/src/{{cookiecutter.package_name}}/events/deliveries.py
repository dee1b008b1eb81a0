"""How the local broker hands events out: under a lock, counted, until they are acknowledged or dead."""

from __future__ import annotations

import json
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from .topics import RefusedError, Subscription

TOO_OFTEN, REJECTED = "MaxDeliveryCountExceeded", "Rejected"
DELAYS = (0, 10, 60, 600, 3600)  # seconds after which a released event may come again, as on Azure
OPEN = "topic = ? AND subscription = ? AND state IN ('ready', 'locked')"
MINE = "topic = ? AND subscription = ? AND token = ? AND state = 'locked' AND until > ?"
CHANGES = {
    "acknowledge": "state = 'done', token = NULL, why = NULL",
    "release": "state = 'ready', token = NULL, until = :until",
    "reject": f"state = 'dead', token = NULL, why = '{REJECTED}'",
    "renewLock": "until = :until",
}


@dataclass(frozen=True)
class Dead:
    """An event that is not delivered any more, and why."""

    number: int
    subscription: str
    why: str
    count: int
    event: dict[str, Any]


def receive(connection: sqlite3.Connection, wanted: Subscription, most: int, now: float) -> list[dict[str, Any]]:
    """Lock up to `most` events for the caller, oldest first. One that was delivered too often dies here."""
    key = (wanted.topic, wanted.name)
    dying = f"UPDATE delivery SET state = 'dead', why = ?, token = NULL WHERE {OPEN} AND until <= ? AND count >= ?"  # noqa: S608
    connection.execute(dying, (TOO_OFTEN, *key, now, wanted.most))
    query = (
        "SELECT number, count, body FROM delivery JOIN event ON number = delivery.event "  # noqa: S608
        f"WHERE delivery.{OPEN} AND until <= ? ORDER BY number LIMIT ?"
    )
    rows = connection.execute(query, (*key, now, most)).fetchall()
    return [locked(connection, wanted, row, now) for row in rows]


def locked(connection: sqlite3.Connection, wanted: Subscription, row: sqlite3.Row, now: float) -> dict[str, Any]:
    """One event under a new lock, as the client reads it."""
    token = secrets.token_urlsafe(24)
    change = (
        "UPDATE delivery SET state = 'locked', token = ?, until = ?, count = count + 1 "
        "WHERE event = ? AND subscription = ?"
    )
    connection.execute(change, (token, now + wanted.lock_seconds, row["number"], wanted.name))
    properties = {"lockToken": token, "deliveryCount": row["count"] + 1}
    return {"brokerProperties": properties, "event": json.loads(row["body"])}


def settle(
    connection: sqlite3.Connection, wanted: Subscription, how: str, tokens: list[str], now: float, delay: int = 0
) -> dict[str, Any]:
    """Do what the holder of these locks says; tokens whose lock is over are told as failed."""
    if delay not in DELAYS:
        raise RefusedError(400, "BadRequest", f"a delay of {delay} seconds", fix=f"one of {DELAYS}")
    until = now + (wanted.lock_seconds if how == "renewLock" else delay)
    change = f"UPDATE delivery SET {CHANGES[how].replace(':until', '?')} WHERE {MINE}"  # noqa: S608
    more = (until,) if ":until" in CHANGES[how] else ()
    done = [
        token for token in tokens if connection.execute(change, (*more, wanted.topic, wanted.name, token, now)).rowcount
    ]
    failed = [{"lockToken": token, "error": LOST} for token in tokens if token not in done]
    return {"succeededLockTokens": done, "failedLockTokens": failed}


LOST = {"code": "TokenLost", "message": "its lock is over, or the event is settled"}


def dead(connection: sqlite3.Connection) -> list[Dead]:
    """All dead letters, oldest first."""
    query = (
        "SELECT number, subscription, why, count, body FROM delivery JOIN event ON number = delivery.event "
        "WHERE state = 'dead' ORDER BY number"
    )
    rows = connection.execute(query).fetchall()
    return [Dead(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows]


def redeliver(connection: sqlite3.Connection, letter: Dead, now: float) -> None:
    """Deliver a dead letter as if it had just come, in the caller's transaction."""
    change = (
        "UPDATE delivery SET state = 'ready', count = 0, until = 0, why = NULL WHERE event = ? AND subscription = ?"
    )
    connection.execute(change, (letter.number, letter.subscription))
    connection.execute("UPDATE event SET at = ? WHERE number = ?", (now, letter.number))


def drop(connection: sqlite3.Connection, letter: Dead) -> None:
    """Give a dead letter up, in the caller's transaction; retention removes it."""
    change = "UPDATE delivery SET state = 'done' WHERE event = ? AND subscription = ?"
    connection.execute(change, (letter.number, letter.subscription))


def open_ones(connection: sqlite3.Connection) -> int:
    """How many deliveries are still to be made."""
    topics_open = "SELECT count(*) FROM delivery WHERE state IN ('ready', 'locked')"
    return int(connection.execute(topics_open).fetchone()[0])
