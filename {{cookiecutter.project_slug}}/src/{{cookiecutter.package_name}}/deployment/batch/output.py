"""What a job leaves: the scores, the rows that were set aside with their reasons, and a summary of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from ...data import disk
from ...errors import DataError
from ...model.project import Schema
from .checked import Scored
from .source import Chunk

ROW, REASON = "row", "reason"


@dataclass(frozen=True)
class Places:
    """The files of a job whose scores go to `scores`."""

    scores: Path

    @property
    def rejected(self) -> Path:
        return self.scores.with_name(f"{self.scores.stem}.rejected.csv")

    @property
    def summary(self) -> Path:
        return self.scores.with_name(f"{self.scores.stem}.summary.json")

    @property
    def work(self) -> Path:
        return self.scores.with_name(f".{self.scores.name}.work")


def kept(schema: Schema, columns: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of the input that stand beside each score: key, time, and those that were asked for.

    Raises `DataError` for one that is not there, or that scoring itself writes.
    """
    for name in more:
        if name not in columns:
            raise DataError(f"the table has no column {name!r}", fix=f"it has {', '.join(columns)}")
    named = [name for name in (*schema.table.key, schema.table.timestamp) if name in columns]
    found = tuple(dict.fromkeys((*named, *more)))
    own = {ROW, "prediction"}
    if taken := [name for name in found if name in own or name.startswith("probability_")]:
        raise DataError(f"the column {taken[0]!r} is written by scoring", fix="rename it, or do not keep it")
    return found


def scores(chunk: Chunk, scored: Scored, names: tuple[str, ...], answers: dict[str, pa.Array]) -> pa.Table:
    """The rows that have an answer: their number, what is kept of them, the answer."""
    rows = chunk.rows.select(list(names)).take(pa.array(scored.places, pa.int64()))
    columns = {name: rows[name] for name in names}
    numbers = pa.array([chunk.first + place for place in scored.places], pa.int64())
    return pa.table({ROW: numbers, **columns, **answers})


def rejected(chunk: Chunk, scored: Scored) -> pa.Table:
    """The rows that have none, as text, with the reason."""
    places = sorted(scored.refused)
    rows = chunk.rows.take(pa.array(places, pa.int64()))
    told = {
        ROW: pa.array([chunk.first + place for place in places], pa.int64()),
        REASON: pa.array([scored.refused[place] for place in places], pa.string()),
    }
    spare = {f"input_{name}" if name in told else name: rows[name] for name in rows.column_names}
    return pa.table({**told, **{name: texts(column) for name, column in spare.items()}})


def texts(column: pa.ChunkedArray) -> pa.Array:
    """Any column as text."""
    return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())


def write(parts: list[Path], out: Path, metadata: dict[str, str]) -> None:
    """All parts as one file, whole or not at all; a part at a time in memory."""
    part = out.with_name(f".{out.name}{disk.PART}")
    shape = pq.read_schema(parts[0]).remove_metadata()
    if out.suffix == ".csv":
        with pc.CSVWriter(part, shape) as file:
            for table in tables(parts):
                file.write_table(table)
    else:
        with pq.ParquetWriter(part, shape.with_metadata(metadata), compression="zstd") as file:
            for table in tables(parts):
                file.write_table(table.replace_schema_metadata(metadata))
    part.replace(out)
    disk.settle(out.parent)


def tables(parts: list[Path]) -> Iterator[pa.Table]:
    for path in parts:
        yield pq.read_table(path, partitioning=None).replace_schema_metadata(None)
