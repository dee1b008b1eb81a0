"""Rows as a stream of Arrow batches: from Parquet files without ever holding them all, or from a table in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.types as kinds

from ...errors import DataError
from ...model import frame
from ...model.messages import choices
from .measures import Floats, Ints

Source = Path | pa.Table
BATCH = 1 << 17


def opened(source: Any) -> Any:
    """A dataset over Parquet, or a table; a CSV file is read whole."""
    if not isinstance(source, Path):
        return source
    if not source.exists():
        raise DataError(f"{source} does not exist", fix="name a .csv or .parquet file, or a folder of Parquet files")
    if source.suffix == ".csv":
        return pa.Table.from_pandas(frame.read(source), preserve_index=False)
    paths = [str(path) for path in frame.files(source)] if source.is_dir() else [str(source)]
    if not paths:
        raise DataError(f"{source} holds no Parquet file", fix="name another folder")
    try:
        plain = ds.dataset(paths, format="parquet")
        texts = [it.name for it in plain.schema if kinds.is_string(it.type) or kinds.is_large_string(it.type)]
        return ds.dataset(paths, format=ds.ParquetFileFormat(dictionary_columns=texts))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{source} is not Parquet: {error}", fix="write it again") from None


def names(data: Any) -> list[str]:
    """The columns that there are."""
    return list(data.schema.names)


def rows(data: Any) -> int:
    """How many rows there are, by the files' own word."""
    return int(data.num_rows if isinstance(data, pa.Table) else data.count_rows())


def batches(data: Any, columns: Sequence[str]) -> Generator[Any, None, None]:
    """The rows, some at a time. Raises `DataError` for a column that is not there."""
    for name in columns:
        if name not in names(data):
            raise DataError(f"the rows have no column {name!r}", fix=choices(name, tuple(names(data))))
    if isinstance(data, pa.Table):
        yield from data.select(list(columns)).to_batches(max_chunksize=BATCH)
        return
    for part in ahead(pieces(data), data.schema, list(columns)):
        yield from part.to_batches(max_chunksize=BATCH)


def pieces(data: Any) -> Iterator[Any]:
    """The row groups of a dataset. A scan of the whole reads on while its rows wait, until it holds all of them."""
    for fragment in data.get_fragments():
        yield from fragment.split_by_row_group()


def ahead(parts: Iterator[Any], schema: pa.Schema, columns: list[str]) -> Iterator[pa.Table]:
    """The rows of each part: while one is worked on, the next one is read, and no more."""
    # with a buffer of its own, Arrow keeps what it has read of a file until the file ends
    options = ds.ParquetFragmentScanOptions(pre_buffer=False)
    asked = {"schema": schema, "columns": columns, "batch_size": BATCH, "fragment_scan_options": options}
    with ThreadPoolExecutor(1) as reader:
        reading: deque[Any] = deque()
        for part in parts:
            reading.append(reader.submit(part.to_table, **asked))
            if len(reading) > 1:
                yield reading.popleft().result()
        while reading:
            yield reading.popleft().result()


def numbers(values: Any, name: str) -> tuple[Floats, Any]:
    """(values that are there as float64, where they are). Raises `DataError` for one that is no number."""
    if kinds.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if kinds.is_null(values.type):
        return np.empty(0), np.zeros(len(values), dtype=bool)
    try:
        read = values if kinds.is_float64(values.type) else pc.cast(values, pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        fix = "correct the rows, or make it categorical in project.toml"
        raise DataError(f"column {name!r} is numeric, and its values are not: {error}", fix=fix) from None
    found = read.to_numpy(zero_copy_only=False)  # missing ones become NaN
    there = ~np.isnan(found)
    return (found, there) if there.all() else (found[there], there)


def categories(values: Any, kind: str) -> tuple[Ints, list[str | None]]:
    """(codes, names): of each row the place of its value in `names`, the last of which is for missing ones."""
    coded = values if kinds.is_dictionary(values.type) else pc.dictionary_encode(values)
    known = [frame.category(it) for it in coded.dictionary.to_pylist()]
    if kind == "boolean":
        known = [None if it is None else truth(it) for it in known]
    codes = coded.indices if not coded.indices.null_count else coded.indices.fill_null(len(known))
    return codes.to_numpy(zero_copy_only=False).astype(np.int64, copy=False), [*known, None]


def truth(text: str) -> str:
    """The same word for what `frame.as_boolean` reads as the same; anything else stays, and is unseen."""
    lower = text.lower()
    return "true" if lower in frame.TRUE else "false" if lower in frame.FALSE else text


def times(values: Any, name: str) -> Ints:
    """Microseconds since 1970, UTC; the least that there is where a time is missing."""
    if not kinds.is_timestamp(values.type):
        if kinds.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        values = pa.Array.from_pandas(frame.as_timestamp(values.to_pandas().rename(name)))
    whole = pc.cast(pc.cast(values, pa.timestamp("us", values.type.tz), safe=False), pa.int64())
    if whole.null_count:
        whole = whole.fill_null(pc.min(whole).as_py() or 0)
    return np.asarray(whole.to_numpy(zero_copy_only=False), dtype=np.int64)
