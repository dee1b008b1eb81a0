"""The table to train on: every row of a snapshot with the features that were known at its time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..clock import Clock
from ..data import lock
from ..model import frame
from ..model.project import Schema
from . import extended, join, leak, materialise, retrieval, rows
from .featureset import FeatureSet
from .leak import LeakError
from .materialise import Materialised

TABLE, SCHEMA = "table.parquet", "schema.json"


@dataclass(frozen=True)
class Built:
    """What a build gave. `known` is the share of rows that have a value, by feature; 0 means that it says nothing."""

    table: Path
    rows: int
    features: tuple[str, ...]
    known: dict[str, float]
    materialised: tuple[Materialised, ...]
    checked: int
    seconds: float

    def __str__(self) -> str:
        computed = sum(len(it.computed) for it in self.materialised)
        intervals = sum(it.intervals for it in self.materialised)
        what = f"{self.rows:,} rows with {len(self.features)} features in {self.seconds:.1f} s"
        return f"{what}; {computed} of {intervals} intervals computed, {self.checked} rows looked at for leaks"


def build(schema: Schema, snapshot: Path, store: Path, out: Path, clock: Clock, echo: Callable[[str], None]) -> Built:
    """Materialise into `store`, join point in time, look for leaks, and write table, schema and retrieval to `out`.

    The same snapshot gives the same table, whatever was in the store before. Features of retired sets are columns of
    the table and not of the schema: no new model takes them, and an older one can be judged on the same rows.
    Raises `LeakError`, and writes nothing, where a feature holds what was not known at the time.
    """
    began = time.perf_counter()
    sets, wide = extended.feature_sets(schema), extended.extended(schema)
    paths = list(frame.files(snapshot))
    with lock.held(store):
        done = materialise.locked(snapshot, store, sets, clock, echo)
        joined = [joined_to(paths, it) for it in done]
    columns = {name: table[name] for table in joined for name in table.column_names if name != join.MATCHED}
    out.mkdir(parents=True, exist_ok=True)
    count = write(paths, columns, out / TABLE)
    text = json.dumps(wide.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (out / SCHEMA).write_text(text + "\n", encoding="utf-8", newline="\n")
    retrieval.write(out / retrieval.FILE, extended.active(sets))
    known = {name: 1 - values.null_count / max(count, 1) for name, values in columns.items()}
    for name, share in known.items():
        if not share:
            echo(f"warning: {name} has no value in any row: no label was known within its ttl")
    seconds = time.perf_counter() - began
    return Built(out / TABLE, count, tuple(columns), known, tuple(done), min(leak.SAMPLE, count), seconds)


def joined_to(paths: list[Path], done: Materialised) -> pa.Table:
    """A set's values for every row of the snapshot. Raises `LeakError` where one could not be known."""
    found: FeatureSet = done.feature_set
    observations = rows.observations(paths, found)
    table = join.join(observations, done.files, join.rule(found))
    wrong = leak.check(found, paths, observations, table)
    if wrong:
        fix = "remove the store's folder `offline` and build again; if it stays, look at features/join.py"
        raise LeakError(f"{found.name}: {'; '.join(it.sentence for it in wrong[:3])}", fix=fix)
    return table


def write(paths: list[Path], columns: dict[str, pa.ChunkedArray], out: Path) -> int:
    """The snapshot's rows in their order with `columns` beside them, file by file; gives their number."""
    part, first = out.with_name(f".{out.name}.part"), 0
    shape = pq.read_schema(paths[0]).remove_metadata()
    for name in columns:
        shape = shape.append(pa.field(name, pa.float64()))
    with pq.ParquetWriter(part, shape, compression="zstd") as writer:
        for path in paths:
            table = pq.read_table(path, partitioning=None)
            added = [values.slice(first, len(table)) for values in columns.values()]
            for name, values in zip(columns, added, strict=True):
                table = table.append_column(name, values)
            writer.write_table(table.select(shape.names).cast(shape), row_group_size=rows.GROUP)
            first += len(table)
    part.replace(out)
    return first
