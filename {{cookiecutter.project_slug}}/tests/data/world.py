"""A small source, and a gate that judges in plain pandas: importing the real one takes seconds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.data import gate, ingest, landed, suite
from {{cookiecutter.package_name}}.model import project

START = datetime(2025, 3, 1)
NOW = datetime(2025, 6, 1, tzinfo=UTC)
COLUMNS = ["id", "at", "km", "zone", "rain", "night", "minutes", "updated_at"]
TABLE = """CREATE TABLE rides (id INTEGER, at TIMESTAMP, km REAL, zone TEXT, rain REAL, night INTEGER, minutes REAL,
    updated_at TIMESTAMP)"""


def settings(**source: Any) -> project.Project:
    """A project over the small source; `key` and `columns` are about the table, the rest is `[source]`."""
    key, columns = source.pop("key", ["id"]), source.pop("columns", {})
    known = {
        "km": {"kind": "numeric", "min": 0, "max": 100},
        "zone": {"kind": "categorical"},
        "rain": {"kind": "numeric", "nullable": True},
        "night": {"kind": "boolean"},
    }
    if "folder" not in source:
        source = {"url": "sqlite:///rides.db", "table": "rides", "watermark": "updated_at"} | source
    raw = {
        "source": {name: value for name, value in source.items() if value is not None},
        "table": {"path": "rides.csv", "timestamp": "at", "target": "minutes", "key": key},
        "columns": known | columns,
        "training": {"task": "regression"},
        "metric": {"name": "mae", "direction": "lower"},
    }
    return project.parse(raw)


def rides(count: int, seed: int = 0, *, first: int = 1, start: datetime = START, days: int = 5) -> pd.DataFrame:
    """Rides as the source has them: times as text, some rain not measured, change times equal to the second."""
    random = np.random.default_rng(seed)
    at = [start + timedelta(seconds=int(second)) for second in np.sort(random.integers(0, days * 86400, count))]
    frame = pd.DataFrame({"id": range(first, first + count), "at": [moment.isoformat(" ") for moment in at]})
    frame["km"] = np.round(random.uniform(0.1, 20, count), 3)
    frame["zone"] = random.choice(["north", "south", "7"], count)
    frame["rain"] = np.where(random.random(count) < 0.05, np.nan, np.round(random.exponential(1, count), 2))
    frame["night"] = random.integers(0, 2, count)
    frame["minutes"] = np.round(frame["km"] * 3, 2)
    frame["updated_at"] = [(moment + timedelta(minutes=30)).isoformat(" ", "minutes") + ":00" for moment in at]
    return frame


def insert(db: Path, frame: pd.DataFrame) -> None:
    """Add rows, making the table if it is not there."""
    with closing(sqlite3.connect(db)) as connection, connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'rides'").fetchone():
            connection.execute(TABLE)
        values = frame[COLUMNS].astype(object).where(frame[COLUMNS].notna(), None).to_numpy().tolist()
        connection.executemany("INSERT INTO rides VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def change(db: Path, statement: str, *values: object) -> int:
    """Run one statement; gives the number of rows that it touched."""
    with closing(sqlite3.connect(db)) as connection, connection:
        return connection.execute(statement, values).rowcount


def source_rows(db: Path) -> pd.DataFrame:
    """What the table holds, typed as landed rows are."""
    with closing(sqlite3.connect(db)) as connection:
        frame = pd.read_sql_query("SELECT * FROM rides", connection)
    return typed(frame)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows from the source or from landed files in one form, to compare them."""
    out = frame[COLUMNS].copy()
    for name in ("at", "updated_at"):
        out[name] = pd.to_datetime(out[name], format="ISO8601").astype("datetime64[us]")
    for name in ("km", "rain", "night", "minutes"):
        out[name] = out[name].astype("float64")
    out["zone"] = out["zone"].astype(object)
    return out.sort_values(["id", "at", "updated_at"], ignore_index=True)


def same(root: Path, expected: pd.DataFrame) -> None:
    """Fails unless exactly `expected` is landed."""
    pd.testing.assert_frame_equal(typed(landed.read(root)), expected, check_dtype=False)


def take(base: Path, settings: project.Project, **options: Any) -> ingest.Outcome:
    """Run an ingest into `base`/landed with the plain gate."""
    judge = options.pop("gate", None) or PlainGate()
    clock = options.pop("clock", None) or SimulatedClock(NOW)
    chosen = ingest.Options(**options)
    return ingest.run(settings, base / "landed", chosen, base=base, clock=clock, gate=judge)


def files(root: Path) -> dict[str, bytes]:
    """Every file below `root` with its content."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


class PlainGate:
    """Judges the expectations of single rows."""

    def judge(self, name: str, frame: pd.DataFrame, expectations: list[suite.Expectation]) -> gate.Verdict:
        del name
        found = (finding(frame, rule) for rule in expectations)
        return gate.Verdict(tuple(it for it in found if it is not None))


class OpenGate:
    """The sabotage: nothing ever fails."""

    def judge(self, name: str, frame: pd.DataFrame, expectations: list[suite.Expectation]) -> gate.Verdict:
        del name, frame, expectations
        return gate.Verdict()


def finding(frame: pd.DataFrame, rule: suite.Expectation) -> gate.Finding | None:
    """What an expectation says of a frame; None where it holds or is of a kind that speaks of the batch."""
    if rule.type == "expect_table_row_count_to_be_between" and frame.empty:
        return gate.Finding(rule.type, "", rule.says, 0, whole=True)
    if rule.type == "expect_column_to_exist" and rule.column not in frame:
        return gate.Finding(rule.type, rule.column, rule.says, 0, whole=True)
    if rule.whole or any(name not in frame for name in rule.column.split(", ")):
        return None
    if rule.type == "expect_compound_columns_to_be_unique":
        twice = frame.duplicated(rule.kwargs["column_list"], keep=False)
        rows = tuple(int(at) for at in np.flatnonzero(twice))
        return gate.Finding(rule.type, rule.column, rule.says, len(rows), rows) if rows else None
    values = frame[rule.column]
    if rule.type == "expect_column_values_to_not_be_null":
        wrong = values.isna()
    elif rule.type == "expect_column_values_to_be_in_type_list":
        wrong = values.map(lambda value: isinstance(value, str)).astype(bool)
    elif rule.type == "expect_column_values_to_be_unique":
        wrong = values.duplicated(keep=False)
    else:
        low, high = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
        wrong = pd.Series(False, index=values.index)
        wrong |= (values < low) if low is not None else False
        wrong |= (values > high) if high is not None else False
    rows = tuple(int(at) for at in np.flatnonzero(wrong))
    return gate.Finding(rule.type, rule.column, rule.says, len(rows), rows) if rows else None
