"""What the local broker keeps: events by topic, and for each subscription how far each event has come."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ..errors import MlopsError

TABLES = """
CREATE TABLE IF NOT EXISTS subscription (
    topic TEXT NOT NULL,
    name TEXT NOT NULL,
    types TEXT NOT NULL,                -- those that it wants, as a JSON list; an empty one wants all
    lock_seconds REAL NOT NULL,
    most INTEGER NOT NULL,              -- deliveries before an event is dead
    PRIMARY KEY (topic, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS event_known ON event (topic, source, id);
CREATE INDEX IF NOT EXISTS event_age ON event (at);
CREATE TABLE IF NOT EXISTS delivery (
    event INTEGER NOT NULL REFERENCES event (number),
    topic TEXT NOT NULL,
    subscription TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'locked', 'done', 'dead')),
    until REAL NOT NULL DEFAULT 0,      -- ready: from then on; locked: until then
    token TEXT,
    count INTEGER NOT NULL DEFAULT 0,
    why TEXT,
    PRIMARY KEY (event, subscription)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivery_open ON delivery (topic, subscription, event) WHERE state IN ('ready', 'locked');
CREATE INDEX IF NOT EXISTS delivery_token ON delivery (token) WHERE token IS NOT NULL;
"""
LARGEST = 1_048_576  # bytes of a request that publishes, as on Azure
RETENTION = timedelta(days=7)
EXPIRED = "TimeToLiveExceeded"
NEEDED = ("id", "source", "type", "specversion")


class RefusedError(MlopsError):
    """A request that the broker cannot do; `status` and `code` are what HTTP has for it."""

    def __init__(self, status: int, code: str, problem: str, *, fix: str) -> None:
        super().__init__(problem, fix=fix)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Subscription:
    """Who gets events of a topic: `types` are those wanted, none stands for all. The figures are Azure's defaults."""

    topic: str
    name: str
    types: tuple[str, ...] = field(default=())
    lock_seconds: float = 60
    most: int = 10

    def wants(self, event: dict[str, Any]) -> bool:
        return not self.types or event["type"] in self.types


def subscribe(connection: sqlite3.Connection, wanted: Subscription) -> None:
    """Make a subscription, or change it; events that were published before do not come to a new one."""
    row = (wanted.topic, wanted.name, json.dumps(wanted.types), wanted.lock_seconds, wanted.most)
    connection.execute("INSERT OR REPLACE INTO subscription VALUES (?, ?, ?, ?, ?)", row)


def subscriptions(connection: sqlite3.Connection, topic: str) -> list[Subscription]:
    """All of a topic. Raises `RefusedError` where there is no such topic."""
    rows = connection.execute("SELECT * FROM subscription WHERE topic = ? ORDER BY name", (topic,)).fetchall()
    if not rows:
        raise RefusedError(
            404, "NotFound", f"there is no topic {topic!r}", fix="start the broker with a subscription to it"
        )
    return [Subscription(row[0], row[1], tuple(json.loads(row[2])), row[3], row[4]) for row in rows]


def subscription(connection: sqlite3.Connection, topic: str, name: str) -> Subscription:
    """One of them. Raises `RefusedError` where there is none."""
    for it in subscriptions(connection, topic):
        if it.name == name:
            return it
    wrong = f"the topic {topic!r} has no subscription {name!r}"
    raise RefusedError(404, "NotFound", wrong, fix="start the broker with it: `mlops events broker --subscription`")


def publish(
    connection: sqlite3.Connection, topic: str, events: list[dict[str, Any]], now: float, *, known: bool = True
) -> int:
    """Keep events in the caller's transaction; gives how many. With `known`, one that is there is not kept again.

    Raises `RefusedError` where one of them is no CloudEvent: then none is kept.
    """
    wanting = subscriptions(connection, topic)
    for event in events:
        check(event)
    return sum(keep(connection, topic, event, now, wanting, known=known) for event in events)


def keep(
    connection: sqlite3.Connection,
    topic: str,
    event: dict[str, Any],
    now: float,
    wanting: list[Subscription],
    *,
    known: bool,
) -> bool:
    """Keep one event, and put it before each subscription that wants it. False: it is known."""
    named = (topic, event["source"], event["id"])
    seen = "SELECT 1 FROM event WHERE topic = ? AND source = ? AND id = ?"
    if known and connection.execute(seen, named).fetchone():
        return False
    insert = "INSERT INTO event (topic, source, id, body, at) VALUES (?, ?, ?, ?, ?)"
    number = connection.execute(insert, (*named, json.dumps(event), now)).lastrowid
    rows = [(number, topic, it.name) for it in wanting if it.wants(event)]
    connection.executemany("INSERT INTO delivery (event, topic, subscription) VALUES (?, ?, ?)", rows)
    return True


def check(event: Any) -> None:
    """Raises `RefusedError` where this is no CloudEvent 1.0."""
    fix = "send CloudEvents 1.0"
    if not isinstance(event, dict):
        raise RefusedError(400, "BadRequest", f"an event is an object, not {event!r:.80}", fix=fix)
    for name in NEEDED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise RefusedError(400, "BadRequest", f"an event without {name}: {event!r:.200}", fix=fix)
    if event["specversion"] != "1.0":
        raise RefusedError(400, "BadRequest", f"specversion {event['specversion']!r} is not 1.0", fix=fix)
    if "data" in event and "data_base64" in event:
        raise RefusedError(400, "BadRequest", f"event {event['id']!r} has data and data_base64", fix="give one of them")


def expire(connection: sqlite3.Connection, now: float, retention: timedelta = RETENTION) -> None:
    """Forget old events: those that nobody took are dead, those that all have taken are gone."""
    before = now - retention.total_seconds()
    old = "event IN (SELECT number FROM event WHERE at < ?)"
    dying = f"UPDATE delivery SET state = 'dead', why = ?, token = NULL WHERE state IN ('ready', 'locked') AND {old}"  # noqa: S608
    connection.execute(dying, (EXPIRED, before))
    connection.execute(f"DELETE FROM delivery WHERE state = 'done' AND {old}", (before,))  # noqa: S608
    left = "DELETE FROM event WHERE at < ? AND number NOT IN (SELECT event FROM delivery)"
    connection.execute(left, (before,))
