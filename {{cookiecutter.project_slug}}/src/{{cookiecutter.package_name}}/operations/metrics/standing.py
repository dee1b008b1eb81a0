"""What is not counted from records: each part of the system as its own tables, files and processes tell it now."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ...data import manifest as manifests
from ...deployment.release import journal
from ...deployment.release.world import World
from ...training import facts, ledger, registry
from ..freshness import health
from . import settings

CLOSED = "SELECT status, count(*) AS count FROM release WHERE status <> 'open' GROUP BY status"
ENDED = "SELECT pipeline, status, count(*) AS count FROM runs WHERE status <> ? GROUP BY pipeline, status"
WELL = "SELECT pipeline, max(ended) AS ended FROM runs WHERE status = ? GROUP BY pipeline"


@dataclass(frozen=True)
class Value:
    """A metric's value now."""

    metric: str
    number: float
    labels: dict[str, str] = field(default_factory=dict)


Source = Callable[[World], Iterator[Value]]


def releases(world: World) -> Iterator[Value]:
    """The release journal."""
    if not journal.path(world.prod).is_file():
        return
    with journal.opened(world.prod) as connection:
        for row in connection.execute(CLOSED):
            yield Value("mlops.releases", row["count"], {"outcome": row["status"]})
    found = journal.current(world.prod)
    if found:
        yield Value("mlops.releases.open", 1, {"step": found.step})
        yield Value("mlops.release.step.age", since(world, found.since))


def champion(world: World) -> Iterator[Value]:
    """Who is champion, by the ledger of the workspace that serves."""
    with reading(world.prod.state) as connection:
        if connection is None or not has(connection, "ledger"):
            return
        moves = [it for it in ledger.entries(connection) if it.alias == registry.CHAMPION]
    if moves and moves[-1].version.isdigit():
        yield Value("mlops.champion.version", int(moves[-1].version))
        yield Value("mlops.champion.age", since(world, moves[-1].at))


def training(world: World) -> Iterator[Value]:
    """Runs, and the versions that came of them."""
    with reading(world.dev.state) as connection:
        if connection is None:
            return
        if has(connection, "ledger"):
            made = Counter(it.action for it in ledger.entries(connection))
            yield Value("mlops.model.versions", made["register"])
        if has(connection, "runs"):
            for row in connection.execute(ENDED, (facts.RUNNING,)):
                labels = {"pipeline": row["pipeline"], "status": row["status"]}
                yield Value("mlops.training.runs", row["count"], labels)
            for row in connection.execute(WELL, (facts.COMPLETED,)):
                yield Value("mlops.training.run.age", since(world, row["ended"]), {"pipeline": row["pipeline"]})


def data(world: World) -> Iterator[Value]:
    """What is landed."""
    found = manifests.load(world.root / "data" / "landed")
    yield Value("mlops.data.rows", found.rows)
    yield Value("mlops.data.batches", found.number)
    yield Value("mlops.data.quarantined", len(found.held()))
    if found.batches and found.batches[-1].finished:
        yield Value("mlops.data.age", since(world, found.batches[-1].finished))


def features(world: World) -> Iterator[Value]:
    """Each feature set."""
    for it in health.of(world, settings.load(world.root).freshness):
        who = {"feature_set": it.key}
        lengths = {"age": it.age, "lag": it.lag, "served.age": it.served, "ttl": it.ttl}
        for name, length in lengths.items():
            if length is not None:
                yield Value(f"mlops.features.{name}", length.total_seconds(), who)
        yield Value("mlops.features.rows", it.total, who)
        yield Value("mlops.features.state", 1, {**who, "state": it.state})


def since(world: World, at: str) -> float:
    """Seconds that have passed."""
    return max(0.0, (world.clock.now() - datetime.fromisoformat(at)).total_seconds())


def reading(path: Path) -> closing[sqlite3.Connection] | Nothing:
    """A database to read from, nothing where there is none: to look makes no table and waits for no writer."""
    if not path.is_file():
        return Nothing()
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=60)
    connection.row_factory = sqlite3.Row
    return closing(connection)


class Nothing:
    """Stands for a database that is not there."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def has(connection: sqlite3.Connection, name: str) -> bool:
    """Is there a table of that name?"""
    found = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(found, (name,)).fetchone() is not None
