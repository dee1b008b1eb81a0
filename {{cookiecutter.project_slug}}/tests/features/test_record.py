"""The record of intervals and runs."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.features import record
from {{cookiecutter.package_name}}.features.featureset import FeatureError
from {{cookiecutter.package_name}}.features.record import Interval

from . import world

NOW = datetime(2025, 6, 1, tzinfo=UTC)
ONE = Interval("traffic", "1", "day=2025-03-03", "2025-03-03T00:00:00", "2025-03-04T00:00:00", "Pending", "in", "def")


def test_an_interval_comes_back_as_it_was_marked_and_the_last_mark_counts(tmp_path: Path) -> None:
    later = replace(ONE, label="day=2025-03-02", start="2025-03-02T00:00:00", status="Complete", rows=7, newest="x")
    with record.opened(tmp_path) as connection:
        for it in (ONE, replace(ONE, status="Incomplete", run=3), later):
            record.mark(connection, it)
        found = record.intervals(connection, world.traffic())
        assert list(found.values()) == [later, replace(ONE, status="Incomplete", run=3)]
        assert record.intervals(connection, world.traffic(version="2")) == {}
        record.forget(connection, ONE)
        assert list(record.intervals(connection, world.traffic())) == ["day=2025-03-02"]


def test_there_are_no_other_statuses(tmp_path: Path) -> None:
    with record.opened(tmp_path) as connection, pytest.raises(sqlite3.IntegrityError, match="status"):
        record.mark(connection, replace(ONE, status="Done"))  # type: ignore[arg-type]


def test_a_run_that_never_ended_was_killed_as_the_next_one_says(tmp_path: Path) -> None:
    found = world.traffic()
    with record.opened(tmp_path) as connection:
        first = record.started(connection, found, NOW, "state", 4)
        second = record.started(connection, found, NOW, "state", 4)
        record.finished(connection, second, NOW, 3, 70, 0.5)
        third = record.started(connection, found, NOW, "state", 4)
        record.finished(connection, third, NOW, 1, 0, 0.1, problem="the disk is full")
        runs = record.runs(connection, found)
    told = [(row["id"], row["status"], row["computed"], row["problem"]) for row in runs]
    assert told == [
        (third, "Failed", 1, "the disk is full"),
        (second, "Complete", 3, ""),
        (first, "Killed", 0, ""),
    ]


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match="holds no materialised features") as caught:
        record.existing(tmp_path / "nowhere")
    assert "mlops features materialise" in caught.value.fix
    assert not (tmp_path / "nowhere").exists()
