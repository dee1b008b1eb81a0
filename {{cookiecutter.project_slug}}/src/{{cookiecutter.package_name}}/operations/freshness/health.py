"""How each feature set is: how old its newest value is, what servers find, and whether rows are as many as usual.

Only the features layer's records are read, never its files: a look costs milliseconds however much is landed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Literal

from ...deployment.release.world import World
from ...features import extended, filler, record, retrieval
from ...features.featureset import MATERIALISE, FeatureSet
from ...features.online import Online, naive
from ...features.status import whole
from ...model.durations import format_duration
from .limits import Limits

State = Literal["fresh", "short", "late", "stale", "never"]
BAD: tuple[State, ...] = ("stale", "never")  # servers find nothing that they may use
FEWEST, USUAL = 5, 28  # earlier intervals that make a usual count: at least, at most


@dataclass(frozen=True)
class Health:
    """A feature set now. `age` is that of the newest value, `served` that of what servers look up; None: there is none.

    `rows` is the count of the last interval that is over, `usual` the median of those before it. `run` is how the last
    run ended; a set of which no run is recorded has been used by no model.
    """

    name: str
    version: str
    state: State
    why: str
    age: timedelta | None
    lag: timedelta | None
    ttl: timedelta
    served: timedelta | None
    rows: int
    usual: float | None
    total: int
    run: str
    ran: datetime | None

    @property
    def key(self) -> str:
        return f"{self.name}:{self.version}"

    @property
    def bad(self) -> bool:
        """Whether predictions go without these features, although somebody counts on them."""
        return self.state in BAD and self.run != ""

    @property
    def sentence(self) -> str:
        return f"{self.name}, version {self.version}: {self.state}: {self.why}"

    def as_json(self) -> dict[str, Any]:
        lengths = {name: seconds(getattr(self, name)) for name in ("age", "lag", "ttl", "served")}
        ran = self.ran.isoformat() if self.ran else None
        return {**asdict(self), **lengths, "ran": ran}


def seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def of(world: World, limits: Limits | None = None) -> tuple[Health, ...]:
    """Every feature set of a repo, by its clock."""
    store = filler.store() if os.environ.get(filler.STORE) else world.dev.features
    return check(extended.feature_sets(world.schema), store, world.clock.now(), limits)


def check(sets: Sequence[FeatureSet], store: Path, now: datetime, limits: Limits | None = None) -> tuple[Health, ...]:
    """How `sets` are in `store` at `now`. Raises `FeatureError` where the online store cannot be read."""
    limits, at = limits or Limits(), naive(now)
    if not (store / record.FILE).is_file():
        return tuple(judged(it, [], None, None, at, limits) for it in sets)
    with record.opened(store) as connection, closing(Online(store)) as online:
        return tuple(one(it, connection, online, at, limits) for it in sets)


def one(found: FeatureSet, connection: sqlite3.Connection, online: Online, at: datetime, limits: Limits) -> Health:
    """One set, from its records."""
    rows = connection.execute(
        "SELECT newest, rows, end FROM intervals WHERE feature_set = ? AND version = ? AND definition = ? "
        "AND status = 'Complete' ORDER BY start",
        (found.name, found.version, found.digest),
    ).fetchall()
    last = next(iter(record.runs(connection, found, 1)), None)
    wanted = retrieval.wanted(found)
    served = online.rows("SELECT max(at) FROM newest WHERE digest = ?", wanted.digest)
    return judged(found, rows, last, served[0][0] if served else None, at, limits)


def judged(
    found: FeatureSet,
    intervals: list[sqlite3.Row],
    last: sqlite3.Row | None,
    online: str | None,
    at: datetime,
    limits: Limits,
) -> Health:
    """The verdict on what is recorded; `online` is the time of the newest value that servers have."""
    newest = max((datetime.fromisoformat(it["newest"]) for it in intervals if it["newest"]), default=None)
    age = at - newest if newest else None
    lag = None if age is None else max(age - found.source_delay, timedelta(0))
    served = at - datetime.fromisoformat(online) if online else None
    over = [it["rows"] for it in intervals if datetime.fromisoformat(it["end"]) <= at - found.source_delay]
    before = over[:-1][-USUAL:]
    usual = float(median(before)) if len(before) >= FEWEST else None
    rows = over[-1] if over else 0
    state, why = verdict(found, age, served, rows, usual, limits)
    run = f"{last['status']}{': ' + last['problem'] if last['problem'] else ''}" if last else ""
    ran = datetime.fromisoformat(last["finished"] or last["started"]) if last else None
    total = sum(it["rows"] for it in intervals)
    return Health(
        found.name, found.version, state, why, age, lag, found.ttl, served, rows, usual, total, run, ran
    )  # fmt: skip


def verdict(
    found: FeatureSet, age: timedelta | None, served: timedelta | None, rows: int, usual: float | None, limits: Limits
) -> tuple[State, str]:
    """The worst that holds, and why."""
    kept = format_duration(found.ttl)
    if age is None:
        return "never", f"it has no value: {MATERIALISE}"
    if served is None:
        return "never", f"servers find none of its values: {MATERIALISE}"
    if served > found.ttl:
        return "stale", f"what servers find is {whole(served)} old, and counts for {kept}: {MATERIALISE}"
    late = found.source_delay + limits.late * (found.ttl - found.source_delay)
    if served > late:
        return "late", f"what servers find is {whole(served)} old of the {kept} that it counts"
    if usual is not None and rows < limits.short * usual:
        return "short", f"the last interval has {rows:,} rows, usual are {usual:,.0f}"
    return "fresh", f"what servers find is {whole(served)} old, and counts for {kept}"
