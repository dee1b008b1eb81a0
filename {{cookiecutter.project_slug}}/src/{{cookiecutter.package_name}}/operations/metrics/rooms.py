"""What the other rooms of this layer keep: retrainings, alerts, decisions, the last look; none without its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...deployment.release.world import World
from ...workspace import Workspace
from ..alerts import journal as alerts
from ..drift import looked
from ..policy import decisions
from ..retraining import asked
from .standing import Value, has, reading, since

STATE = "state.db"


@dataclass(frozen=True)
class Kept:
    """Where a metric's figures are: `query` gives its labels and `count`."""

    metric: str
    place: Callable[[World], Workspace]
    file: str
    table: str
    query: str


KEPT: tuple[Kept, ...] = (
    Kept("mlops.alerts.open", lambda world: world.prod, alerts.FILE, "alert", alerts.COUNTED),
    Kept("mlops.policy.decisions", lambda world: world.prod, decisions.FILE, "decision", decisions.COUNTED),
    Kept("mlops.retrainings", lambda world: world.dev, STATE, "signal", asked.COUNTED),
)


def values(world: World) -> Iterator[Value]:
    """By the tables that are there."""
    for it in KEPT:
        with reading(it.place(world).folder / it.file) as connection:
            if connection is not None and has(connection, it.table):
                for row in connection.execute(it.query):
                    labels = {key: str(row[key]) for key in row.keys() if key != "count"}  # noqa: SIM118
                    yield Value(it.metric, row["count"], labels)


def drift(world: World) -> Iterator[Value]:
    """The last look at what is served."""
    last = looked.last(world.prod)
    if last is None:
        return
    for group, column, share in last.nearest:
        yield Value("mlops.drift", share, {"group": group, "column": column})
    yield Value("mlops.drift.rows", last.rows)
    yield Value("mlops.drift.unjudged", last.unjudged)
    yield Value("mlops.drift.age", since(world, last.at))
