"""A look into any CSV or Parquet file: enough rows to describe it, whatever its size."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError
from . import frame as frames

ENOUGH, CHUNK, HEAD = 200_000, 100_000, 1 << 20  # rows to look at; rows to read at once; bytes to guess from


@dataclass(frozen=True)
class Peek:
    """Rows spread evenly over a file, in its order; every `step`-th of `rows`."""

    frame: pd.DataFrame
    rows: int
    step: int


def peek(path: Path) -> Peek:
    """Look into `path`. Raises `DataError` where it is no table with a header and rows."""
    if not path.is_file():
        raise DataError(f"{path} is not a file", fix="name a .csv or .parquet file")
    if path.suffix not in (".csv", ".parquet"):
        raise DataError(f"{path} ends in {path.suffix!r}", fix="give a .csv or .parquet file")
    found = of_parquet(path) if path.suffix == ".parquet" else of_csv(path)
    if found.frame.empty:
        raise DataError(f"{path} has a header and no rows", fix="export it again")
    return found


def of_csv(path: Path) -> Peek:
    """Small files whole; of a large one every n-th row."""
    check_header(header(path), path)
    step = max(1, round(guessed_rows(path) / ENOUGH))
    if step == 1:
        frame = frames.read_csv(path)
        return Peek(frame, len(frame), 1)
    try:
        return thinned(pd.read_csv(path, chunksize=CHUNK, low_memory=False), step)
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a CSV file: {error}", fix="write it as UTF-8, separated by commas") from None


def of_parquet(path: Path) -> Peek:
    """Small files whole; of a large one every n-th row."""
    try:
        with pq.ParquetFile(path) as file:
            check_names(file.schema_arrow.names, path)
            step = max(1, round(file.metadata.num_rows / ENOUGH))
            parts = (batch.to_pandas() for batch in file.iter_batches(CHUNK))
            return thinned(parts, step, file.schema_arrow.empty_table().to_pandas())
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is not a Parquet file: {error}", fix="export it again") from None


def thinned(parts: Iterator[pd.DataFrame], step: int, empty: pd.DataFrame | None = None) -> Peek:
    """Every `step`-th row over all parts."""
    kept, rows = [], 0
    for part in parts:
        kept.append(part.iloc[-rows % step :: step])
        rows += len(part)
    if not kept:
        return Peek(pd.DataFrame() if empty is None else empty, 0, step)
    return Peek(pd.concat(kept, ignore_index=True), rows, step)


def header(path: Path) -> list[str]:
    """The names in the first line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8: {error}", fix="save it as UTF-8") from None


def guessed_rows(path: Path) -> int:
    """The number of rows, from the length of the first lines."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return int(path.stat().st_size / max(len(head), 1) * head.count(b"\n"))


def check_header(names: list[str], path: Path) -> None:
    """Raises `DataError` where the first line is no header."""
    if not names:
        raise DataError(f"{path} is empty", fix="export it again, with a header line")
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        raise DataError(f"{path} has the one column {names[0][:60]!r}", fix="separate the columns by commas")
    if all(is_number(name) for name in names):
        raise DataError(f"{path} starts with the values {', '.join(names)[:60]}", fix="put the column names in line 1")
    check_names(names, path)


def check_names(names: list[str], path: Path) -> None:
    """Raises `DataError` for a column that has no name, or another's."""
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{path} has {names.count(name)} columns called {name!r}", fix="give each its own name")
        if not name.strip():
            raise DataError(f"{path}: column {names.index(name) + 1} has no name", fix="name it, or remove it")


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
