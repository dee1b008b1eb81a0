"""Feature values as Parquet, interval by interval: only those are computed whose rows have changed.

A late label, a changed row and another definition find every interval that they touch, and no other: where the files
of an interval are others, its rows are read, and where they are the same after all, the values stay. What is there
after any number of runs is, byte for byte, what one run from nothing writes.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ..clock import Clock
from ..data import disk, lock
from ..data import manifest as manifests
from ..data.manifest import Manifest
from ..errors import MlopsError
from ..workspace import transaction
from . import engine, intervals, record, rows
from .featureset import ENTITY, TIME, FeatureError, FeatureSet
from .intervals import Part
from .record import Interval

OFFLINE = "offline"
Echo = Callable[[str], None]


@dataclass(frozen=True)
class Materialised:
    """A feature set as a snapshot has it: its files in time order, and the labels of what this run computed."""

    feature_set: FeatureSet
    files: tuple[Path, ...]
    intervals: int
    computed: tuple[str, ...]
    rows: int
    seconds: float


def run(snapshot: Path, store: Path, sets: tuple[FeatureSet, ...], clock: Clock, echo: Echo) -> list[Materialised]:
    """Bring `store` to the state of `snapshot`. Raises `DataError` where another run is at work on the store."""
    with lock.held(store):
        return locked(snapshot, store, sets, clock, echo)


def locked(snapshot: Path, store: Path, sets: tuple[FeatureSet, ...], clock: Clock, echo: Echo) -> list[Materialised]:
    """`run`, for a caller who holds the store's lock and goes on to read the files."""
    found = manifests.load(snapshot)
    if not found.files:
        raise FeatureError(f"{snapshot} holds no landed rows", fix="run `mlops ingest` first, or name another folder")
    with record.opened(store) as connection:
        return [Work(snapshot, store, it, found, connection, clock, echo).run() for it in sets]


@dataclass
class Work:
    """One run for one feature set."""

    snapshot: Path
    store: Path
    found: FeatureSet
    manifest: Manifest
    connection: sqlite3.Connection
    clock: Clock
    echo: Echo

    @property
    def folder(self) -> Path:
        return self.store / OFFLINE / self.found.name / self.found.version

    def run(self) -> Materialised:
        """Compute what has changed, each interval committed by itself: a run that dies is gone on with."""
        began, parts = time.perf_counter(), intervals.parts(self.found, self.manifest.files)
        had = record.intervals(self.connection, self.found)
        self.warn(had)
        todo = [part for part in parts if not self.complete(had.get(part.label), intervals.inputs(self.found, part))]
        waiting = [self.pending(part, had.get(part.label)) for part in todo]
        with transaction(self.connection):
            now = self.clock.now()
            number = record.started(self.connection, self.found, now, self.manifest.state, len(parts))
            for it in waiting:
                record.mark(self.connection, replace(it, run=number, at=now.isoformat()))
        done = self.work(number, list(zip(todo, waiting, strict=True)), began)
        files = self.tidy([part.label for part in parts])
        count, seconds = sum(it.rows for it in done), time.perf_counter() - began
        return Materialised(self.found, files, len(parts), tuple(it.label for it in done), count, seconds)

    def warn(self, had: dict[str, Interval]) -> None:
        """Say what happens to models that were trained with what this version meant before."""
        if any(it.definition != self.found.digest for it in had.values()):
            what = f"{self.found.name}, version {self.found.version} means something else now"
            self.echo(f"warning: {what}: models trained with it get null soon; docs/features.md, `Another definition`")

    def pending(self, part: Part, had: Interval | None) -> Interval:
        """A part's interval before it is computed. What is there stays known: its rows may be the same."""
        new = intervals.pending(self.found, part)
        if had is None:
            return new
        return replace(had, start=new.start, end=new.end, status="Pending", input=new.input, definition=new.definition)

    def complete(self, had: Interval | None, inputs: str) -> bool:
        """Whether an interval is there and of these inputs."""
        return had is not None and had.status == "Complete" and had.input == inputs and self.intact(had)

    def intact(self, had: Interval) -> bool:
        """Whether an interval's file is as it was written."""
        path = self.store / had.path
        return path.is_file() and disk.sha256(path) == had.sha256

    def work(self, number: int, todo: list[tuple[Part, Interval]], began: float) -> list[Interval]:
        """Settle what is to do, in time order; gives what was computed. How far it came is recorded."""
        computed: list[Interval] = []
        it = None
        try:
            with engine.connected(threads=1) as database:
                for place, (part, waiting) in enumerate(todo, 1):
                    it = replace(waiting, run=number)
                    found = self.settle(database, part, it)
                    computed += [found] if found else []
                    what = f"{found.rows:,} rows" if found else "its rows are the same"
                    self.echo(f"{self.found.name} {part.label}: {what} ({place} of {len(todo)})")
        except (MlopsError, OSError, duckdb.Error) as error:
            if it is not None:
                record.mark(self.connection, replace(it, status="Incomplete", at=self.clock.now().isoformat()))
            self.finish(number, computed, began, str(error))
            raise
        self.finish(number, computed, began)
        return computed

    def finish(self, number: int, done: list[Interval], began: float, problem: str = "") -> None:
        """Record how the run ended; a run that was killed has no such record, which the next one says."""
        seconds, count = time.perf_counter() - began, sum(it.rows for it in done)
        record.finished(self.connection, number, self.clock.now(), len(done), count, seconds, problem)

    def settle(self, database: duckdb.DuckDBPyConnection, part: Part, it: Interval) -> Interval | None:
        """Compute an interval, or find that its rows are those of its values (None)."""
        paths = [self.snapshot / file.path for file in part.files]
        source = rows.known(rows.source(paths, self.found, part.start - self.found.longest, part.end))
        content = intervals.digest(self.found, part, hashlib.sha256(rows.encoded(source)).hexdigest())
        at = self.clock.now().isoformat()
        if it.content == content and self.intact(it):
            record.mark(self.connection, replace(it, status="Complete", at=at))
            return None
        table = compute(database, self.found, source, part.start, part.end)
        done = self.written(table, replace(it, status="Complete", content=content, at=at))
        record.mark(self.connection, done)
        return done

    def written(self, table: pa.Table, it: Interval) -> Interval:
        """Write first, and only then record: whoever reads the record finds the file."""
        data = rows.encoded(table)
        path = self.folder / f"{it.label}-{it.content[:16]}.parquet"
        disk.write(path, data)
        newest = pc.max(table[TIME]).as_py()
        return replace(
            it,
            path=path.relative_to(self.store).as_posix(),
            sha256=hashlib.sha256(data).hexdigest(),
            rows=len(table),
            newest=newest.isoformat() if newest else "",
        )

    def tidy(self, labels: list[str]) -> tuple[Path, ...]:
        """Forget what is no longer landed, remove files that no record names; gives the files that count."""
        had = record.intervals(self.connection, self.found)
        with transaction(self.connection):
            for it in had.values():
                if it.label not in labels:
                    record.forget(self.connection, it)
        files = tuple(self.store / had[label].path for label in labels)
        for path in set(self.folder.iterdir()) - set(files):
            path.unlink()
        return files


def compute(
    database: duckdb.DuckDBPyConnection, found: FeatureSet, source: pa.Table, start: datetime, end: datetime
) -> pa.Table:
    """The set's values of [start, end), sorted: one row for each time at which an entity has a known label."""
    database.register("source", source)
    finite = ", ".join(f"CASE WHEN isfinite({name}) THEN {name} END AS {name}" for name in found.names)
    query = f"""
        SELECT {ENTITY}, {TIME}, {finite} FROM ({found.sql})
        WHERE {TIME} >= TIMESTAMP '{start}' AND {TIME} < TIMESTAMP '{end}' ORDER BY {TIME}, {ENTITY}"""  # noqa: S608
    return engine.table(database, query, f"feature set {found.name!r}")
