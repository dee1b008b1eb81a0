"""What a person would export of the sample by hand: the trips whose duration is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError

CHUNK = 50_000
RECORDS = """
SELECT trip_id, pickup_at, distance_km, passengers, pickup_zone, dropoff_zone, pickup_borough, temperature_c, rain_mm,
    airport, duration_minutes
FROM trip_records WHERE duration_minutes IS NOT NULL ORDER BY trip_id
"""


def export(db: Path, path: Path) -> int:
    """Write the trips of `db` with a known duration to a .csv or .parquet file. Gives their number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with closing(sqlite3.connect(f"{db.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        chunks = pd.read_sql_query(RECORDS, connection, chunksize=CHUNK, parse_dates=["pickup_at"])
        count = write_parquet(chunks, part) if path.suffix == ".parquet" else write_csv(chunks, part)
    part.replace(path)
    return count


def write_csv(chunks: Iterator[pd.DataFrame], path: Path) -> int:
    """Chunks one after another under one header."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for chunk in chunks:
            chunk.to_csv(file, index=False, header=count == 0, lineterminator="\n")
            count += len(chunk)
    return count


def write_parquet(chunks: Iterator[pd.DataFrame], path: Path) -> int:
    """Chunks one after another as row groups of one schema."""
    count, writer = 0, None
    for chunk in chunks:
        whole = pa.Table.from_pandas(chunk, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, whole.schema)
        writer.write_table(whole.cast(writer.schema))
        count += len(chunk)
    if writer is None:
        raise DataError("no trip has a known duration yet", fix="let more time pass: --until a later time")
    writer.close()
    return count
