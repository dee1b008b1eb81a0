"""What is known now, written to the online store: the newest value of each entity.

The store is one SQLite file that is never changed: a new one is put beside it, and `online.json` swapped to name that.
So a death leaves the old store or the new one, and servers may have the folder mounted read-only.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from ..data import disk
from . import engine, record
from .featureset import ENTITY, MATERIALISE, TIME, FeatureError, FeatureSet
from .online import FORMAT, POINTER, Online, naive

TABLES = """
CREATE TABLE sets (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, features TEXT NOT NULL, as_of TEXT NOT NULL,
    stale_after TEXT NOT NULL, entities INTEGER NOT NULL);
CREATE TABLE newest (
    digest TEXT NOT NULL, entity TEXT NOT NULL, at TEXT NOT NULL, features TEXT NOT NULL,
    PRIMARY KEY (digest, entity)) WITHOUT ROWID;
"""
Row = tuple[Any, ...]


def run(store: Path, sets: tuple[FeatureSet, ...], now: datetime, *, into: Path | None = None) -> list[int]:
    """Write what is known at `now` to `store`, or `into` another folder: all sets or none. Gives each one's entities.

    Values of another definition stay beside the new ones until they are older than their ttl: the model that was
    trained with them may still be served.
    """
    now, folder = naive(now), into or store
    found = [newest(store, it, now) for it in sets]
    abouts, rows = kept(folder, {it.digest for it in sets}, now)
    for it, values in zip(sets, found, strict=True):
        until = (now + it.ttl).isoformat()
        abouts.append((it.digest, it.name, it.version, json.dumps(it.names), now.isoformat(), until, len(values)))
        rows += [(it.digest, *value) for value in values]
    write(folder, abouts, rows)
    return [len(values) for values in found]


def kept(folder: Path, digests: set[str], now: datetime) -> tuple[list[Row], list[Row]]:
    """What the store has of other definitions, and is not too old yet."""
    with closing(Online(folder)) as had:
        abouts = [row for row in had.rows("SELECT * FROM sets") if row[0] not in digests and row[5] >= now.isoformat()]
        rows = [row for about in abouts for row in had.rows("SELECT * FROM newest WHERE digest = ?", about[0])]
    return abouts, rows


def write(folder: Path, abouts: list[Row], rows: list[Row]) -> None:
    """Make a store with these rows the one that servers read."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.executescript(TABLES)
        made.execute("BEGIN")
        made.executemany("INSERT INTO sets VALUES (?, ?, ?, ?, ?, ?, ?)", abouts)
        made.executemany("INSERT INTO newest VALUES (?, ?, ?, ?)", rows)
        made.execute("COMMIT")
        data = made.serialize()
    path = folder / f"online-{hashlib.sha256(data).hexdigest()[:16]}.db"
    disk.write(path, data)
    disk.write(folder / POINTER, json.dumps({"format": FORMAT, "file": path.name}).encode())
    for old in set(folder.glob("online-*.db")) - {path}:
        with suppress(PermissionError):  # Windows keeps what a server has open; the next time it goes
            old.unlink()


def newest(store: Path, found: FeatureSet, now: datetime) -> list[tuple[str, str, str]]:
    """(entity, time, features as JSON) of the newest value of each entity that is known at `now` and not too old."""
    oldest, latest = now - found.ttl, now - found.delay
    files = complete(store, found, oldest, latest)
    if not files:
        return []
    query = f"""
        SELECT {ENTITY}, max({TIME}), arg_max(row({", ".join(found.names)}), {TIME}) FROM read_parquet($files)
        WHERE {TIME} >= $oldest AND {TIME} <= $latest GROUP BY {ENTITY} ORDER BY {ENTITY}"""  # noqa: S608
    values = {"files": [str(file) for file in files], "oldest": oldest, "latest": latest}
    with engine.connected() as connection:
        try:
            rows = connection.execute(query, values).fetchall()
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            wrong = f"the offline store of {found.name!r} is damaged: {str(error).splitlines()[0]}"
            raise FeatureError(wrong, fix=MATERIALISE) from None
    return [(entity, at.isoformat(), json.dumps(list(features))) for entity, at, features in rows]


def complete(store: Path, found: FeatureSet, oldest: datetime, latest: datetime) -> list[Path]:
    """The offline files that may hold values of [oldest, latest]. Raises `FeatureError` where there are none yet."""
    with record.existing(store) as connection:
        intervals = list(record.intervals(connection, found).values())
    if not intervals:
        raise FeatureError(f"nothing of {found.name!r}, version {found.version} was materialised", fix=MATERIALISE)
    for it in intervals:
        if it.status != "Complete" or it.definition != found.digest:
            what = it.status if it.status != "Complete" else "of another definition"
            raise FeatureError(f"{found.name!r}, interval {it.label} is {what}", fix=MATERIALISE)
    first, last = oldest.isoformat(), latest.isoformat()
    return [store / it.path for it in intervals if it.end > first and it.start <= last]
