"""The sample's city for nine weeks, with or without roadworks in the last one, and a model that learned before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from {{cookiecutter.package_name}}.model import estimator, frame, project, sample, split, train
from {{cookiecutter.package_name}}.model.project import Schema
from {{cookiecutter.package_name}}.operations.drift import columns, learn, reference
from {{cookiecutter.package_name}}.operations.drift.profile import Profile

WEEKS = 9
BLOCK = timedelta(days=1)


@dataclass(frozen=True)
class World:
    """What is checked: a reference of eight weeks with a model's held-out answers, and the ninth week."""

    schema: Schema
    references: tuple[Profile, Profile]
    windows: tuple[pa.Table, pa.Table]


def world(root: Path, folder: Path, rows: int, *, roadworks: bool, seed: int = 7) -> World:
    """Nine weeks in `folder`, with the project that lies in `root`."""
    db = folder / "city.db"
    sample.fill(db, rows, seed, weeks=WEEKS, roadworks_week=WEEKS if roadworks else None)
    with closing(sqlite3.connect(db)) as connection:
        trips = pd.read_sql_query("SELECT * FROM trip_records ORDER BY pickup_at", connection)
    schema = project.load(root / "project.toml").schema_only
    time = schema.table.timestamp
    table = train.table(trips, schema)
    last = pd.Timestamp(sample.START) + pd.Timedelta(weeks=WEEKS - 1)
    before, after = table[table[time] < last], table[table[time] >= last]
    earlier, later = split.by_time(before.reset_index(drop=True), schema)
    model = estimator.build(schema).fit(frame.prepare(earlier, schema), earlier[schema.table.target].to_numpy())
    said = [answers(model, it, schema) for it in (later, after)]
    learned = learn.run(pa.Table.from_pandas(before, preserve_index=False), columns.features(schema), time, BLOCK)
    judged = learn.run(said[0], columns.answers(schema), columns.AT, BLOCK)
    return World(schema, (learned, judged), (pa.Table.from_pandas(after, preserve_index=False), said[1]))


def answers(model: object, rows: pd.DataFrame, schema: Schema) -> pa.Table:
    """What the model says to rows, with what came true."""
    given = np.asarray(model.predict(frame.prepare(rows, schema)))  # type: ignore[attr-defined]
    said = pd.Series(given, index=rows.index)
    return reference.answered(rows[schema.table.timestamp], said, rows[schema.table.target], schema)
