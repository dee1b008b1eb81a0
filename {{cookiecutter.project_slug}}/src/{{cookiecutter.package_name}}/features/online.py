"""The online store: the newest known value of each entity, in a SQLite file that is never changed, only replaced.

A server needs nothing but this to look up, and no DuckDB: what writes the store is `publish.py`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .featureset import MATERIALISE, FeatureError
from .retrieval import Wanted

POINTER, FORMAT = "online.json", 1  # names the file that counts
TRIES = 3  # the file may be replaced between reading its name and opening it


@dataclass(frozen=True)
class Value:
    """What is known of an entity, and since when."""

    at: datetime
    features: dict[str, float | None]


def naive(at: datetime) -> datetime:
    """A time as the tables have it: UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


class Online:
    """Look-ups in a store. It may be written, removed and made anew while this is open."""

    def __init__(self, store: Path) -> None:
        self.path = store / POINTER
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.opened = (0, 0, 0)

    def get(self, wanted: Wanted, entity: str) -> Value | None:
        """The newest value of an entity, whatever its age; None where there is none, or no store."""
        rows = self.rows("SELECT at, features FROM newest WHERE digest = ? AND entity = ?", wanted.digest, entity)
        if not rows:
            return None
        at, features = rows[0]
        return Value(datetime.fromisoformat(at), dict(zip(wanted.features, json.loads(features), strict=True)))

    def fresh(self, wanted: Wanted, entity: str, at: datetime) -> Value | None:
        """The value that a prediction at `at` may use; None where it is older than its time to live."""
        found = self.get(wanted, entity)
        return found if found is not None and at - found.at <= wanted.ttl else None

    def holds(self, wanted: Wanted) -> datetime | None:
        """As of when the set was written; None where it was not."""
        rows = self.rows("SELECT as_of FROM sets WHERE digest = ?", wanted.digest)
        return datetime.fromisoformat(rows[0][0]) if rows else None

    def entities(self, wanted: Wanted, most: int) -> list[str]:
        """The first entities of a set."""
        return [row[0] for row in self.rows("SELECT entity FROM newest WHERE digest = ? LIMIT ?", wanted.digest, most)]

    def rows(self, query: str, *values: object) -> list[Any]:
        """What a query finds. Raises `FeatureError` where the file is no store of ours, or cannot be read."""
        with self.lock:
            try:
                connection = self.connected()
                return connection.execute(query, values).fetchall() if connection else []
            except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
                wrong = f"{self.path} cannot be read: {type(error).__name__}: {error}"
                raise FeatureError(wrong, fix=f"remove online* there, and {MATERIALISE}") from None

    def connected(self) -> sqlite3.Connection | None:
        """A connection to the file that counts now; None where there is none."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self.close()
            return None
        seen = (found.st_dev, found.st_ino, found.st_mtime_ns)
        if self.connection is None or seen != self.opened:
            self.close()
            self.connection, self.opened = self.named(), seen
        return self.connection

    def named(self, tries: int = TRIES) -> sqlite3.Connection:
        """Open the file that the pointer names."""
        pointer = json.loads(self.path.read_text(encoding="utf-8"))
        if pointer["format"] != FORMAT:
            raise ValueError(f"format {pointer['format']!r}")
        address = f"{(self.path.parent / pointer['file']).resolve().as_uri()}?mode=ro&immutable=1"
        try:
            # the lock above lets one thread in at a time
            return sqlite3.connect(address, uri=True, check_same_thread=False)
        except sqlite3.OperationalError:
            if tries == 1:
                raise
            return self.named(tries - 1)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
