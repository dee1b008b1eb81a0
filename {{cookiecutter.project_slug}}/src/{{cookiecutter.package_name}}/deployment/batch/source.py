"""The table to score, chunk by chunk: CSV or Parquet, a file or a folder, never more of it in memory than a chunk.

A CSV file is read as text, so that what a cell means does not depend on the cells around it. The same table, in chunks
of the same size, gives the same chunks whenever it is read.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import DataError
from ...model import frame

BATCH = 16_384  # rows that Parquet is decoded by
# what `frame.read_csv` takes for a missing value, as pandas has it
MISSING = frozenset(
    (
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
        "NULL", "NaN", "None", "n/a", "nan", "null",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows. `first` is the number of the first, from 1; `broken` says why a row, by its place, is none."""

    number: int
    first: int
    rows: pa.Table
    done: float
    broken: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A table on disk: its files in order, and its columns."""

    files: tuple[Path, ...]
    columns: tuple[str, ...]

    @property
    def described(self) -> list[list[Any]]:
        """What tells the files from others: names, sizes and times of the last change."""
        return [[path.as_posix(), path.stat().st_size, path.stat().st_mtime_ns] for path in self.files]

    def chunks(self, size: int) -> Iterator[Chunk]:
        """All of the table. `done` is the share that has been read with a chunk."""
        text = self.files[0].suffix == ".csv"
        return csv_chunks(self.files[0], self.columns, size) if text else parquet_chunks(self.files, size)


def find(path: Path) -> Source:
    """The table in `path`. Raises `DataError` where it is none, or where its files do not have the same columns."""
    if not path.exists():
        raise DataError(f"{path} does not exist", fix="name a .csv or .parquet file, or a folder of Parquet files")
    if path.suffix == ".csv":
        return Source((path,), header(path))
    files = tuple(frame.files(path)) if path.is_dir() else (path,)
    if not files or any(it.suffix != ".parquet" for it in files):
        raise DataError(f"{path} is no table", fix="name a .csv or .parquet file, or a folder of Parquet files")
    shapes = [shape(it) for it in files]
    for file, other in zip(files, shapes, strict=True):
        if not other.equals(shapes[0]):
            raise DataError(f"{file} has other columns than {files[0]}", fix="score them apart")
    return Source(files, tuple(shapes[0].names))


def shape(path: Path) -> pa.Schema:
    """The columns of a Parquet file."""
    try:
        return pq.read_schema(path).remove_metadata()
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is no Parquet file: {error}", fix="write it again") from None


def parquet_chunks(files: tuple[Path, ...], size: int) -> Iterator[Chunk]:
    """Chunks of exactly `size` rows, but for the last, whatever the files' row groups are."""
    total = max(sum(pq.read_metadata(path).num_rows for path in files), 1)
    waiting: list[pa.RecordBatch] = []
    count = number = 0
    for batch in batches(files):
        waiting.append(batch)
        count += len(batch)
        while count >= size:
            table = pa.Table.from_batches(waiting)
            yield Chunk(number, number * size + 1, table[:size], (number + 1) * size / total)
            waiting, count, number = table[size:].to_batches(), count - size, number + 1
    if count:
        yield Chunk(number, number * size + 1, pa.Table.from_batches(waiting), 1.0)


def batches(files: tuple[Path, ...]) -> Iterator[pa.RecordBatch]:
    for path in files:
        with pq.ParquetFile(path) as file:
            yield from (batch.replace_schema_metadata(None) for batch in file.iter_batches(BATCH))


class Lines:
    """The lines of a text file, with the bytes read so far, and whether one since was not UTF-8."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("rb")
        self.size, self.read, self.strange = max(path.stat().st_size, 1), 0, False

    def __iter__(self) -> Iterator[str]:
        with self.file:
            for raw in self.file:
                text = self.decoded(raw)
                yield text.removeprefix("\ufeff") if not self.read else text
                self.read += len(raw)

    def decoded(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.strange = True
            return raw.decode("utf-8", errors="replace")


def header(path: Path) -> tuple[str, ...]:
    """The columns of a CSV file."""
    names = next(iter(csv.reader(Lines(path))), [])
    if not any(names):
        raise DataError(f"{path} is empty", fix="export it again, with a header line")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path} has two columns {twice[0]!r}", fix="rename one of them")
    return tuple(names)


def csv_chunks(path: Path, columns: tuple[str, ...], size: int) -> Iterator[Chunk]:
    """Chunks of `size` rows of text; what is missing is null."""
    lines = Lines(path)
    cells: list[list[str | None]] = []
    broken: dict[int, str] = {}
    number = 0
    for row in rows_of(path, lines):
        if lines.strange:
            broken[len(cells)] = "is not UTF-8"
        elif len(row) != len(columns):
            broken[len(cells)] = f"has {len(row)} cells, and the header {len(columns)}"
        lines.strange = False
        known: list[str | None] = [None if cell in MISSING else cell for cell in row[: len(columns)]]
        cells.append(known + [None] * (len(columns) - len(known)))
        if len(cells) == size:
            yield Chunk(number, number * size + 1, table(cells, columns), lines.read / lines.size, broken)
            cells, broken, number = [], {}, number + 1
    if cells:
        yield Chunk(number, number * size + 1, table(cells, columns), 1.0, broken)


def rows_of(path: Path, lines: Lines) -> Iterator[list[str]]:
    """The rows below the header, empty lines left out. Raises `DataError` where a quote is never closed."""
    reader = csv.reader(lines)
    next(reader)
    try:
        yield from (row for row in reader if row)
    except csv.Error as error:
        fix = "a quote that is opened there is probably never closed: export the table again"
        raise DataError(f"{path}, line {reader.line_num}: {error}", fix=fix) from None


def table(cells: list[list[str | None]], columns: tuple[str, ...]) -> pa.Table:
    return pa.table([pa.array(values, pa.string()) for values in zip(*cells, strict=True)], names=list(columns))
