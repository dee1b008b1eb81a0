"""The online store: the newest known value of each entity, in one SQLite file that servers only read."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from ..workspace import database, transaction
from . import engine, record
from .featureset import ENTITY, TIME, FeatureError, FeatureSet
from .retrieval import Wanted

FILE = "online.db"
MATERIALISE = "run `mlops features materialise`"
TABLES = """
CREATE TABLE IF NOT EXISTS sets (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, features TEXT NOT NULL, as_of TEXT NOT NULL,
    stale_after TEXT NOT NULL, entities INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS newest (
    digest TEXT NOT NULL, entity TEXT NOT NULL, at TEXT NOT NULL, features TEXT NOT NULL,
    PRIMARY KEY (digest, entity)) WITHOUT ROWID;
"""
NEWEST = "SELECT at, features FROM newest WHERE digest = ? AND entity = ?"


@dataclass(frozen=True)
class Value:
    """What is known of an entity, and since when."""

    at: datetime
    features: dict[str, float | None]


def naive(at: datetime) -> datetime:
    """A time as the tables have it: UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def materialise_online(
    store: Path, sets: tuple[FeatureSet, ...], now: datetime, *, into: Path | None = None
) -> dict[str, int]:
    """Write what is known at `now` to `store`, or `into` another folder: all sets or none. Gives each one's entities.

    Values of another definition stay beside the new ones until they are older than their ttl: the model that was
    trained with them may still be served.
    """
    now = naive(now)
    found = {it.name: newest(store, it, now) for it in sets}
    with database((into or store) / FILE, TABLES) as connection, transaction(connection):
        for it in sets:
            rows, stale = found[it.name], now + it.ttl
            connection.execute("DELETE FROM newest WHERE digest = ?", (it.digest,))
            connection.executemany("INSERT INTO newest VALUES (?, ?, ?, ?)", [(it.digest, *row) for row in rows])
            about = (
                it.digest,
                it.name,
                it.version,
                json.dumps(it.names),
                now.isoformat(),
                stale.isoformat(),
                len(rows),
            )
            connection.execute("INSERT OR REPLACE INTO sets VALUES (?, ?, ?, ?, ?, ?, ?)", about)
        gone = "SELECT digest FROM sets WHERE stale_after < ?"
        connection.execute(f"DELETE FROM newest WHERE digest IN ({gone})", (now.isoformat(),))  # noqa: S608
        connection.execute("DELETE FROM sets WHERE stale_after < ?", (now.isoformat(),))
    return {name: len(rows) for name, rows in found.items()}


def newest(store: Path, found: FeatureSet, now: datetime) -> list[tuple[str, str, str]]:
    """(entity, time, features as JSON) of the newest value of each entity that is known at `now` and not too old."""
    files = complete(store, found, now - found.ttl, now - found.delay)
    if not files:
        return []
    values = ", ".join(found.names)
    query = f"""
        SELECT {ENTITY}, max({TIME}), arg_max(row({values}), {TIME}) FROM read_parquet($files)
        WHERE {TIME} >= $oldest AND {TIME} <= $newest GROUP BY {ENTITY} ORDER BY {ENTITY}"""  # noqa: S608
    bounds = {"oldest": now - found.ttl, "newest": now - found.delay}
    with engine.connected() as connection:
        try:
            rows = connection.execute(query, {"files": [str(file) for file in files], **bounds}).fetchall()
        except duckdb.IOException as error:
            raise FeatureError(f"the offline store of {found.name!r} is damaged: {error}", fix=MATERIALISE) from None
    return [(entity, at.isoformat(), json.dumps(list(features))) for entity, at, features in rows]


def complete(store: Path, found: FeatureSet, oldest: datetime, newest: datetime) -> list[Path]:
    """The offline files that may hold values of [oldest, newest]. Raises `FeatureError` where there are none yet."""
    if not (store / record.FILE).is_file():
        raise FeatureError(f"{store} holds no materialised features", fix=MATERIALISE)
    with record.opened(store) as connection:
        intervals = list(record.intervals(connection, found).values())
    if not intervals:
        raise FeatureError(f"nothing of {found.name!r} version {found.version} was materialised", fix=MATERIALISE)
    for it in intervals:
        if it.status != "Complete" or it.definition != found.digest:
            what = it.status if it.status != "Complete" else "of another definition"
            raise FeatureError(f"{found.name!r}, interval {it.label} is {what}", fix=MATERIALISE)
    first, last = oldest.isoformat(), newest.isoformat()
    return [store / it.path for it in intervals if it.end > first and it.start <= last]


class Online:
    """Look-ups in a store. It may be written anew, or for the first time, while this is open."""

    def __init__(self, store: Path) -> None:
        self.path = store / FILE
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None

    def get(self, wanted: Wanted, entity: str) -> Value | None:
        """The newest value of an entity, whatever its age; None where there is none, or no store."""
        with self.lock:
            connection = self.connection or self.connected()
            row = connection.execute(NEWEST, (wanted.digest, entity)).fetchone() if connection else None
        if row is None:
            return None
        return Value(datetime.fromisoformat(row[0]), dict(zip(wanted.features, json.loads(row[1]), strict=True)))

    def fresh(self, wanted: Wanted, entity: str, at: datetime) -> Value | None:
        """The value that a prediction at `at` may use; None where it is older than its time to live."""
        found = self.get(wanted, entity)
        return found if found is not None and at - found.at <= wanted.ttl else None

    def holds(self, wanted: Wanted) -> datetime | None:
        """As of when the set was written; None where it was not."""
        with self.lock:
            connection = self.connection or self.connected()
            query = "SELECT as_of FROM sets WHERE digest = ?"
            row = connection.execute(query, (wanted.digest,)).fetchone() if connection else None
        return datetime.fromisoformat(row[0]) if row else None

    def entities(self, wanted: Wanted, most: int) -> list[str]:
        """The first entities of a set."""
        with self.lock:
            connection = self.connection or self.connected()
            query = "SELECT entity FROM newest WHERE digest = ? LIMIT ?"
            found = connection.execute(query, (wanted.digest, most)).fetchall() if connection else []
        return [row[0] for row in found]

    def connected(self) -> sqlite3.Connection | None:
        """A connection that cannot write; None where there is no file yet."""
        if self.path.is_file():
            address = f"{self.path.resolve().as_uri()}?mode=ro"
            # the lock above lets one thread in at a time
            self.connection = sqlite3.connect(address, uri=True, timeout=5, check_same_thread=False)
        return self.connection

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def age(value: Value, at: datetime) -> timedelta:
    """How old a value is at a time."""
    return naive(at) - value.at
