"""From when to when a feature set was too old: a row an episode, and an event in the transaction of each end."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ... import workspace
from ...events import cloud, outbox
from ...workspace import Workspace
from . import event
from .event import FEATURES_FRESH, FEATURES_STALE
from .health import Health

TABLES = (
    """
CREATE TABLE IF NOT EXISTS staleness (
    number INTEGER PRIMARY KEY AUTOINCREMENT, feature_set TEXT NOT NULL, version TEXT NOT NULL,
    began TEXT NOT NULL, why TEXT NOT NULL, cleared TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS staleness_one_open ON staleness (feature_set, version) WHERE cleared = '';
"""
    + outbox.TABLES
)


@dataclass(frozen=True)
class Episode:
    """A feature set was too old from `began` to `cleared`; where that is empty, it still is."""

    number: int
    feature_set: str
    version: str
    began: str
    why: str
    cleared: str

    @property
    def subject(self) -> str:
        """What an alert is about."""
        return f"{self.feature_set}:{self.version}"

    @property
    def sentence(self) -> str:
        over = f"fresh again {self.cleared[:19]}" if self.cleared else "still so"
        return f"{self.subject} was too old from {self.began[:19]}, {over}: {self.why}"


def note(place: Workspace, found: Sequence[Health], at: datetime) -> list[Episode]:
    """Open an episode for each set that has become too old, close those that are over; gives what has changed.

    Called again, or by two at once, or killed anywhere, each end of an episode is written and told once. A set that is
    defined no more has no episode that stays open.
    """
    changed = []
    with workspace.database(place.state, TABLES) as connection, workspace.transaction(connection):
        standing = {it.subject: it for it in read(connection, "cleared = ''")}
        for it in found:
            episode = standing.pop(it.key, None)
            if it.bad and episode is None:
                changed.append(opened(connection, place, it, at))
            elif not it.bad and episode is not None:
                changed.append(closed(connection, episode, at))
                told = event.of(FEATURES_FRESH, cloud.source(place.name), it, episode.began, at)
                outbox.add(connection, told)
        changed += [closed(connection, it, at) for it in standing.values()]
    return changed


def opened(connection: sqlite3.Connection, place: Workspace, it: Health, at: datetime) -> Episode:
    """A new episode, and its event."""
    row = (it.name, it.version, at.isoformat(), it.why)
    sql = "INSERT INTO staleness (feature_set, version, began, why) VALUES (?, ?, ?, ?)"
    number = connection.execute(sql, row).lastrowid
    outbox.add(connection, event.of(FEATURES_STALE, cloud.source(place.name), it, at.isoformat(), at))
    return read(connection, "number = ?", number)[0]


def closed(connection: sqlite3.Connection, episode: Episode, at: datetime) -> Episode:
    connection.execute("UPDATE staleness SET cleared = ? WHERE number = ?", (at.isoformat(), episode.number))
    return read(connection, "number = ?", episode.number)[0]


def standing(place: Workspace) -> list[Episode]:
    """The episodes that are open: what an alert stands for, however often it is asked."""
    with workspace.database(place.state, TABLES) as connection:
        return read(connection, "cleared = ''")


def history(place: Workspace, most: int = 20) -> list[Episode]:
    """The latest episodes, newest first."""
    with workspace.database(place.state, TABLES) as connection:
        return read(connection)[::-1][:most]


def read(connection: sqlite3.Connection, where: str = "1", *values: object) -> list[Episode]:
    """The episodes that a clause of ours selects, oldest first."""
    rows = connection.execute(f"SELECT * FROM staleness WHERE {where} ORDER BY number", values)  # noqa: S608
    return [Episode(**dict(row)) for row in rows]
