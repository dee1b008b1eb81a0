"""Feature values as Parquet, interval by interval: only those are computed whose inputs have changed.

An interval is a landed partition. Its inputs are the landed files from which its windows read, and the definition; the
digest over both decides. So a late label or a changed row finds every interval that it touches, and what is there after
any number of runs is, byte for byte, what one run from nothing writes.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ..clock import Clock
from ..data import disk, lock
from ..data import manifest as manifests
from ..data.manifest import File, Manifest
from ..errors import MlopsError
from ..workspace import transaction
from . import engine, record, rows
from .featureset import ENTITY, TIME, FeatureError, FeatureSet
from .record import Interval

OFFLINE = "offline"
GROUP = 100_000  # rows of a Parquet row group
Echo = Callable[[str], None]


@dataclass(frozen=True)
class Materialised:
    """A feature set as a snapshot has it: its files in time order, and what this run did for it."""

    feature_set: FeatureSet
    files: tuple[Path, ...]
    intervals: int
    computed: int
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
        began, wanted = time.perf_counter(), self.wanted()
        had = record.intervals(self.connection, self.found)
        todo = [it for it in wanted if not self.complete(had.get(it.label), it)]
        with transaction(self.connection):
            now = self.clock.now()
            number = record.started(self.connection, self.found, now, self.manifest.state, len(wanted))
            for it in todo:
                record.mark(self.connection, replace(it, run=number, at=now.isoformat()))
        done = self.work(number, todo, began)
        files = self.tidy(wanted)
        seconds = time.perf_counter() - began
        return Materialised(self.found, files, len(wanted), len(todo), sum(it.rows for it in done), seconds)

    def wanted(self) -> list[Interval]:
        """The intervals of the snapshot, in time order, each with the digest of its inputs."""
        labels = dict.fromkeys(file.path.split("/")[0] for file in self.manifest.files)
        spans = {label: span(label, self.manifest.files) for label in labels}
        return [self.pending(label, *span) for label, span in sorted(spans.items(), key=lambda item: item[1])]

    def pending(self, label: str, start: datetime, end: datetime) -> Interval:
        """An interval before it is computed."""
        it, digest = self.found, self.input(start, end)
        return Interval(
            it.name, it.version, label, start.isoformat(), end.isoformat(), "Pending", digest, definition=it.digest
        )

    def inputs(self, start: datetime, end: datetime) -> list[File]:
        """The landed files from which the rows of [start, end) and their windows come."""
        first = (start - self.found.longest).isoformat()
        return [file for file in self.manifest.files if file.end >= first and file.start < end.isoformat()]

    def input(self, start: datetime, end: datetime) -> str:
        """The digest of an interval's inputs."""
        files = "".join(f"{file.sha256}\n" for file in self.inputs(start, end))
        return hashlib.sha256(f"{self.found.digest}\n{engine.NAME}\n{start} {end}\n{files}".encode()).hexdigest()

    def complete(self, had: Interval | None, wanted: Interval) -> bool:
        """Whether an interval is there, of the same inputs, and its file is as it was written."""
        if had is None or had.status != "Complete" or had.input != wanted.input:
            return False
        path = self.store / had.path
        return path.is_file() and disk.sha256(path) == had.sha256

    def work(self, number: int, todo: list[Interval], began: float) -> list[Interval]:
        """Compute intervals; how far it came is recorded."""
        done: list[Interval] = []
        try:
            with engine.connected(threads=1) as database:
                for place, it in enumerate(todo, 1):
                    done.append(self.interval(database, replace(it, run=number)))
                    self.echo(f"{self.found.name} {it.label}: {done[-1].rows:,} rows ({place} of {len(todo)})")
        except (MlopsError, OSError, duckdb.Error) as error:
            failed = replace(todo[len(done)], status="Incomplete", run=number, at=self.clock.now().isoformat())
            record.mark(self.connection, failed)
            self.finish(number, done, began, str(error))
            raise
        self.finish(number, done, began)
        return done

    def finish(self, number: int, done: list[Interval], began: float, problem: str = "") -> None:
        """Record how the run ended; a run that was killed has no such record, which the next one says."""
        seconds, count = time.perf_counter() - began, sum(it.rows for it in done)
        record.finished(self.connection, number, self.clock.now(), len(done), count, seconds, problem)

    def interval(self, database: duckdb.DuckDBPyConnection, it: Interval) -> Interval:
        """Compute, write, and only then record: whoever reads the record finds the file."""
        start, end = datetime.fromisoformat(it.start), datetime.fromisoformat(it.end)
        paths = [self.snapshot / file.path for file in self.inputs(start, end)]
        table = compute(database, self.found, rows.source(paths, self.found, start - self.found.longest, end), start)
        data = encoded(table)
        path = self.folder / f"{it.label}-{it.input[:16]}.parquet"
        disk.write(path, data)
        name, sha256 = path.relative_to(self.store).as_posix(), hashlib.sha256(data).hexdigest()
        at = self.clock.now().isoformat()
        done = replace(it, status="Complete", path=name, sha256=sha256, rows=len(table), at=at)
        with transaction(self.connection):
            record.mark(self.connection, done)
        return done

    def tidy(self, wanted: list[Interval]) -> tuple[Path, ...]:
        """Forget what is no longer landed, remove files that no record names; gives the files that count."""
        had, labels = record.intervals(self.connection, self.found), {it.label for it in wanted}
        with transaction(self.connection):
            for it in had.values():
                if it.label not in labels:
                    record.forget(self.connection, it)
        files = tuple(self.store / had[it.label].path for it in wanted)
        for path in set(self.folder.iterdir()) - set(files):
            path.unlink()
        return files


def compute(database: duckdb.DuckDBPyConnection, found: FeatureSet, source: pa.Table, start: datetime) -> pa.Table:
    """The set's values from `start` on, sorted: one row for each time at which an entity has a known label."""
    database.register("source", source)
    query = f"SELECT * FROM ({found.sql}) WHERE {TIME} >= TIMESTAMP '{start}' ORDER BY {TIME}, {ENTITY}"  # noqa: S608
    return engine.table(database, query, f"feature set {found.name!r}")


def encoded(table: pa.Table) -> bytes:
    """The bytes of a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=GROUP)
    return buffer.getvalue()


def span(label: str, files: tuple[File, ...]) -> tuple[datetime, datetime]:
    """The time of a partition, `day=2025-01-31` or `month=2025-01`; of any other folder, that of its rows."""
    kind, _, text = label.partition("=")
    if kind == "day":
        start = datetime.fromisoformat(text)
        return start, start + timedelta(days=1)
    if kind == "month":
        start = datetime.fromisoformat(f"{text}-01")
        return start, (start + timedelta(days=32)).replace(day=1)
    within = [file for file in files if file.path.split("/")[0] == label]
    first, last = min(file.start for file in within), max(file.end for file in within)
    return datetime.fromisoformat(first), datetime.fromisoformat(last) + timedelta(microseconds=1)
