"""Step `split`, and how its two sides are kept: rows as Parquet, with the schema that they follow."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from ..errors import DataError
from ..features import retrieval
from ..model import frame as frames
from ..model import handoff, split, train
from ..model.project import Schema

ROWS, SCHEMA, TABLE = "rows.parquet", "schema.json", "table.parquet"


def divide(table: Path, earlier: Path, later: Path) -> tuple[int, int]:
    """The feature table in `table` -> its two sides; gives their numbers of rows."""
    schema = read_schema(table)
    rows = train.table(frames.read(table / TABLE), schema)
    sides = split.by_time(rows, schema)
    for side, out in zip(sides, (earlier, later), strict=True):
        out.mkdir(parents=True, exist_ok=True)
        side.to_parquet(out / ROWS, index=False)
        travel(table, out)
    return len(sides[0]), len(sides[1])


def travel(source: Path, target: Path) -> None:
    """Hand on what goes along with rows and models."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (SCHEMA, retrieval.FILE):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)


def read_schema(folder: Path) -> Schema:
    """The schema in `folder`."""
    return Schema.model_validate(handoff.read_json(folder / SCHEMA))


def read(folder: Path) -> tuple[pd.DataFrame, Schema]:
    """One side's typed rows in time order, and their schema."""
    schema = read_schema(folder)
    if not (folder / ROWS).is_file():
        raise DataError(f"{folder} holds no {ROWS}", fix="run the step `split` before")
    rows = pd.read_parquet(folder / ROWS)
    for name in schema.of_kind("categorical"):  # text or None again, however the file's reader names them
        rows[name] = frames.as_category(rows[name])
    if schema.classification:
        rows[schema.table.target] = frames.as_category(rows[schema.table.target])
    return rows, schema
