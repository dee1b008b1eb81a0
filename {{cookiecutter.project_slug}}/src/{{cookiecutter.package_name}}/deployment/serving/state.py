"""The endpoint's state: which deployments there are and who gets how much. Changed in one step, never forgotten.

The newest row of `history` is the state; there is no other place for it. A crash leaves the row or does not.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ... import workspace
from ...workspace import Workspace
from . import rules, shares
from .rules import TrafficError
from .shares import Runs
from .tables import TABLES

FILE = "endpoint.db"


@dataclass(frozen=True)
class Deployment:
    """A version behind a name; `folder` holds its hand-off, `digest` is the sha256 of its model."""

    name: str
    version: str
    digest: str
    folder: str


@dataclass(frozen=True)
class State:
    """Percentages by deployment: `traffic` of the live requests, `mirror` of those that are copied.

    `salt` and `runs` say who the live ones are (see `shares.py`).
    """

    number: int = 0
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    traffic: Mapping[str, int] = field(default_factory=dict)
    mirror: Mapping[str, int] = field(default_factory=dict)
    salt: str = ""
    runs: Runs = ()

    @property
    def used(self) -> list[str]:
        """The deployments that get requests, live or copied."""
        return [*self.traffic, *self.mirror]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> State:
        deployments = {name: Deployment(**it) for name, it in raw["deployments"].items()}
        runs = tuple((int(end), str(name)) for end, name in raw["runs"])
        return cls(raw["number"], deployments, raw["traffic"], raw["mirror"], raw["salt"], runs)


@dataclass(frozen=True)
class Change:
    """A row of the history."""

    number: int
    at: str
    by: str
    reason: str
    before: State
    after: State


Step = Callable[[State], State]


def deploy(name: str, version: str, digest: str, folder: Path) -> Step:
    """Put a version behind `name`, in the place of what was there; its share of the traffic stays as it is.

    Where one deployment has all the traffic, people are dealt anew: it is not always the same ones who see what is new.
    """

    def step(state: State) -> State:
        rules.check_name(name)
        made = Deployment(name, version, digest, str(folder.resolve()))
        salt = state.salt if len(state.traffic) > 1 else f"{state.number + 1}"
        return replace(state, deployments={**state.deployments, name: made}, salt=salt)

    return step


def route(traffic: Mapping[str, int], mirror: Mapping[str, int] | None = None) -> Step:
    """Divide the requests: all live ones by `traffic`, copies by `mirror`. Shares of 0 may be left out."""

    def step(state: State) -> State:
        rules.check(state.deployments, positive(traffic), positive(mirror or {}))
        rules.known("traffic", {**traffic, **(mirror or {})}, state.deployments)
        runs = shares.spread(state.runs, traffic)
        return replace(state, traffic=positive(traffic), mirror=positive(mirror or {}), runs=runs)

    return step


def remove(name: str) -> Step:
    """Take a deployment away that gets no traffic."""

    def step(state: State) -> State:
        rules.check_removal(name, state.deployments, state.traffic)
        left = {key: it for key, it in state.deployments.items() if key != name}
        return replace(state, deployments=left, mirror={key: it for key, it in state.mirror.items() if key != name})

    return step


def positive(given: Mapping[str, int]) -> dict[str, int]:
    return {name: share for name, share in given.items() if share != 0}


class Endpoint:
    """The endpoint of a workspace: its committed states."""

    def __init__(self, place: Workspace) -> None:
        self.place, self.path = place, place.folder / FILE

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        with workspace.database(self.path, TABLES) as connection:
            yield connection

    def current(self) -> State:
        """The last committed state."""
        with self.open() as connection:
            return newest(connection)

    def change(self, *steps: Step, at: datetime, by: str, reason: str, since: int | None = None) -> State:
        """Commit all of `steps` or nothing, and give the new state. Raises `TrafficError` for a rule that they break.

        `since` is the number of the state that the caller looked at: where another one came in between, it is refused.
        """
        with self.open() as connection, workspace.transaction(connection):
            before = newest(connection)
            if since is not None and before.number != since:
                wrong = f"the endpoint is in state {before.number}, and the change was meant for {since}"
                raise TrafficError(wrong, fix="look at `mlops endpoint status`, then decide again")
            after = before
            for step in steps:
                after = step(after)
            rules.check(after.deployments, after.traffic, after.mirror)
            after = replace(after, number=before.number + 1)
            row = (after.number, at.isoformat(), by, reason, written(before), written(after))
            connection.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)", row)
        return after

    def history(self) -> list[Change]:
        """Every change, oldest first."""
        with self.open() as connection:
            rows = connection.execute("SELECT * FROM history ORDER BY number").fetchall()
        return [change_of(row) for row in rows]

    def in_force(self) -> State | None:
        """The state that the gateway acted on last; None before the first."""
        with self.open() as connection:
            query = "SELECT after FROM history JOIN in_force USING (number)"
            row = connection.execute(query).fetchone()
        return read(row["after"]) if row else None

    def put_in_force(self, number: int, at: datetime) -> None:
        """Note that the gateway acts on state `number` from now on."""
        with self.open() as connection:
            connection.execute("INSERT OR REPLACE INTO in_force VALUES (1, ?, ?)", (number, at.isoformat()))


def change_of(row: sqlite3.Row) -> Change:
    """A row of the history."""
    return Change(row["number"], row["at"], row["by"], row["reason"], read(row["before"]), read(row["after"]))


def newest(connection: sqlite3.Connection) -> State:
    """The newest state; an endpoint begins empty."""
    row = connection.execute("SELECT after FROM history ORDER BY number DESC LIMIT 1").fetchone()
    return read(row["after"]) if row else State()


def written(state: State) -> str:
    return json.dumps(state.as_json(), sort_keys=True)


def read(text: str) -> State:
    return State.from_json(json.loads(text))
