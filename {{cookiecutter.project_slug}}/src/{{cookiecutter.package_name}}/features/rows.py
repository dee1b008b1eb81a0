"""Landed rows as the feature store reads them: entity as text, time, and the columns that a definition names."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..model.messages import choices
from .featureset import ENTITY, LABEL, TIME, WHOLE, FeatureError, FeatureSet, key

MOMENT = pa.timestamp("us")
ROW = "row"  # the number of an observation, in the order of the table
GROUP = 100_000  # rows of a Parquet row group


def source(paths: Iterable[Path], found: FeatureSet, start: datetime, end: datetime) -> pa.Table:
    """The rows of [start, end) of landed files, under the names that the set's SQL uses."""
    columns = {TIME: found.timestamp, **found.source}
    within = [(found.timestamp, ">=", start), (found.timestamp, "<", end)]
    parts = [read(path, found.entity, columns, within) for path in paths]
    return pa.concat_tables(parts)


def known(source: pa.Table) -> pa.Table:
    """Those rows of `source` that count: their label is known."""
    there = [source[name].is_valid() for name in (LABEL, ENTITY, TIME)]
    return source.filter(pc.and_(pc.and_(there[0], there[1]), there[2]))


def encoded(table: pa.Table) -> bytes:
    """The bytes of a Parquet file. Equal rows give equal bytes, however they lie in memory."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=GROUP)
    return buffer.getvalue()


def observations(paths: Sequence[Path], found: FeatureSet) -> pa.Table:
    """Entity and time of every row, numbered from 0 in the order of the files."""
    if not paths:
        raise FeatureError("there are no landed rows", fix="run `mlops ingest` first, or name another folder")
    parts = [read(path, found.entity, {TIME: found.timestamp}) for path in paths]
    whole = pa.concat_tables(parts)
    return whole.append_column(ROW, pa.array(np.arange(len(whole), dtype=np.int64)))


def read(
    path: Path, entity: str | None, columns: dict[str, str], within: list[tuple[str, str, datetime]] | None = None
) -> pa.Table:
    """Columns of a Parquet file by other names, with the entity as text before them."""
    wanted = list(dict.fromkeys([*columns.values(), *([entity] if entity else [])]))
    present = pq.read_schema(path).names
    for name in wanted:
        if name not in present:
            raise FeatureError(f"{path} has no column {name!r}", fix=choices(name, tuple(present)))
    found = pq.read_table(path, columns=wanted, filters=within, partitioning=None)
    keys = texts(found[entity]) if entity else pa.array([WHOLE] * len(found), pa.string())
    values = [plain(found[column]) for column in columns.values()]
    return pa.table([keys, *values], names=[ENTITY, *columns])


def plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as naive UTC in microseconds; anything else as it is."""
    if not pa.types.is_timestamp(values.type):
        return values
    return values.cast(pa.timestamp("us", values.type.tz)).cast(MOMENT)


def texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """An entity's values as the text by which it is known everywhere; each distinct value is looked at once."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return values.cast(pa.string())
    return pa.chunked_array([mapped(chunk) for chunk in values.chunks] or [[]], pa.string())


def mapped(chunk: pa.Array) -> pa.Array:
    coded = chunk if pa.types.is_dictionary(chunk.type) else pc.dictionary_encode(chunk)
    names = pa.array([key(value) for value in coded.dictionary.to_pylist()], pa.string())
    return names.take(coded.indices)
