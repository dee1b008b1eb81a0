"""What became of each release. A step is a row, written when it is done: a killed release goes on where it was."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ... import workspace
from ...errors import MlopsError
from ...workspace import Workspace
from ..comparison import plan
from ..comparison.plan import Plan

TABLES = """
CREATE TABLE IF NOT EXISTS release (
    id TEXT PRIMARY KEY, version TEXT NOT NULL, sha256 TEXT NOT NULL, cause TEXT NOT NULL, by TEXT NOT NULL,
    opened TEXT NOT NULL, plan TEXT NOT NULL, step TEXT NOT NULL, since TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'open', said TEXT NOT NULL DEFAULT '',
    slot TEXT NOT NULL DEFAULT '', incumbent TEXT NOT NULL DEFAULT '', approved TEXT NOT NULL DEFAULT '',
    stopping TEXT NOT NULL DEFAULT '',
    CHECK (status IN ('open', 'done', 'rolled back', 'equal', 'refused'))
);
CREATE UNIQUE INDEX IF NOT EXISTS release_one_open ON release (status) WHERE status = 'open';
CREATE TABLE IF NOT EXISTS transition (
    number INTEGER PRIMARY KEY AUTOINCREMENT, release TEXT NOT NULL REFERENCES release (id),
    at TEXT NOT NULL, step TEXT NOT NULL, outcome TEXT NOT NULL, said TEXT NOT NULL, figures TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS transition_no_update BEFORE UPDATE ON transition
    BEGIN SELECT RAISE(ABORT, 'transitions are append-only'); END;
CREATE TRIGGER IF NOT EXISTS transition_no_delete BEFORE DELETE ON transition
    BEGIN SELECT RAISE(ABORT, 'transitions are append-only'); END;
"""
FILE = "releases.db"
OPEN, DONE, BACK, EQUAL, REFUSED = "open", "done", "rolled back", "equal", "refused"


class ReleaseError(MlopsError):
    """A release cannot be opened, or cannot go on."""


class OvertakenError(ReleaseError):
    """Somebody else moved the release, or the endpoint, since one looked: look again."""


@dataclass(frozen=True)
class Release:
    """A release: `step` is the next one, `since` when it began; `slot` is the candidate's, `incumbent` the other.

    `stopping` is why it is to go back, from the moment on when somebody wants that.
    """

    id: str
    version: str
    sha256: str
    cause: str
    by: str
    opened: str
    plan: str
    step: str
    since: str
    status: str
    said: str
    slot: str
    incumbent: str
    approved: str
    stopping: str

    @property
    def rules(self) -> Plan:
        """The plan that stood when it was opened: a change of release.toml is for the next one."""
        return plan.parse(json.loads(self.plan))

    @property
    def began(self) -> datetime:
        return datetime.fromisoformat(self.since)

    @property
    def sentence(self) -> str:
        where = f"at {self.step}" if self.status == OPEN else self.status
        return f"release {self.id} of version {self.version}: {where}{f' ({self.said})' if self.said else ''}"


@dataclass(frozen=True)
class Transition:
    """A step as it was done, or looked at again."""

    number: int
    release: str
    at: str
    step: str
    outcome: str
    said: str
    figures: dict[str, Any]


def path(place: Workspace) -> Path:
    """The journal's database; `place` is where the endpoint is."""
    return place.folder / FILE


@contextmanager
def opened(place: Workspace) -> Iterator[sqlite3.Connection]:
    """The journal."""
    with workspace.database(path(place), TABLES) as connection:
        yield connection


def begin(place: Workspace, release: Release) -> Release:
    """Open a release. Raises `ReleaseError` while another is open. The same id again gives the one that is there."""
    with opened(place) as connection, workspace.transaction(connection):
        known = find(connection, "id = ?", release.id)
        if known:
            return known[0]
        other = find(connection, "status = ?", OPEN)
        if other:
            fix = "wait for it, or `mlops rollout abort`"
            raise ReleaseError(f"{other[0].sentence}; one release goes at a time", fix=fix)
        names = list(Release.__dataclass_fields__)
        row = [getattr(release, name) for name in names]
        marks = ", ".join("?" * len(names))
        connection.execute(f"INSERT INTO release ({', '.join(names)}) VALUES ({marks})", row)  # noqa: S608 - our own names
        return release


def move(
    place: Workspace, release: Release, outcome: str, said: str, figures: dict[str, Any], at: datetime, **changed: str
) -> Release:
    """Write what a step came to, and what changes with it, as one.

    Raises `OvertakenError` where the release is no longer as it was looked at: another process has gone on with it,
    or somebody wants it back since.
    """
    with opened(place) as connection, workspace.transaction(connection):
        there = find(connection, "id = ?", release.id)[0]
        if (there.step, there.status, there.stopping) != (release.step, release.status, release.stopping):
            raise OvertakenError(f"{there.sentence}; meant was {release.step}", fix="`mlops rollout status`")
        row = (release.id, at.isoformat(), release.step, outcome, said, json.dumps(figures, sort_keys=True))
        sql = "INSERT INTO transition (release, at, step, outcome, said, figures) VALUES (?, ?, ?, ?, ?, ?)"
        connection.execute(sql, row)
        for name, value in {**changed, "said": said}.items():
            connection.execute(f"UPDATE release SET {name} = ? WHERE id = ?", (value, release.id))  # noqa: S608 - our own names
        return find(connection, "id = ?", release.id)[0]


def stop(place: Workspace, release: str, why: str) -> Release:
    """Note that an open release is to go back; who moves it on sees that. The first reason stays."""
    with opened(place) as connection, workspace.transaction(connection):
        sql = "UPDATE release SET stopping = ? WHERE id = ? AND status = ? AND stopping = ''"
        connection.execute(sql, (why, release, OPEN))
        return find(connection, "id = ?", release)[0]


def get(place: Workspace, release: str) -> Release:
    """A release as it stands now. Raises `ReleaseError` where there is none such."""
    with opened(place) as connection:
        found = find(connection, "id = ?", release)
    if not found:
        raise ReleaseError(f"there is no release {release!r}", fix="`mlops rollout list` has them")
    return found[0]


def find(connection: sqlite3.Connection, where: str, *values: object) -> list[Release]:
    """The releases that a clause of ours selects, newest first."""
    rows = connection.execute(f"SELECT * FROM release WHERE {where} ORDER BY rowid DESC", values)  # noqa: S608
    return [Release(**dict(row)) for row in rows]


def current(place: Workspace) -> Release | None:
    """The open release, if there is one."""
    with opened(place) as connection:
        return next(iter(find(connection, "status = ?", OPEN)), None)


def latest(place: Workspace, most: int = 20) -> list[Release]:
    """The last releases, newest first."""
    with opened(place) as connection:
        return find(connection, "1 = 1")[:most]


def history(place: Workspace, release: str) -> list[Transition]:
    """Every step of a release, in order."""
    with opened(place) as connection:
        rows = connection.execute("SELECT * FROM transition WHERE release = ? ORDER BY number", (release,))
        return [Transition(**{**dict(row), "figures": json.loads(row["figures"])}) for row in rows]
