"""Rows reach the source when their time has come, and not before; callers know them all along."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from training import made

from {{cookiecutter.package_name}}.data import ingest, landed
from {{cookiecutter.package_name}}.model import project
from {{cookiecutter.package_name}}.model.durations import parse_duration
from {{cookiecutter.package_name}}.model.project import Schema
from {{cookiecutter.package_name}}.operations.drift import rules
from {{cookiecutter.package_name}}.operations.season import coming, crowd


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A repo with the sample's own project.toml."""
    (tmp_path / "data").mkdir()
    text = (root / "project.toml").read_text(encoding="utf-8")
    (tmp_path / "project.toml").write_text(text, encoding="utf-8")
    return tmp_path


def trips(path: Path) -> pd.DataFrame:
    with closing(sqlite3.connect(path)) as connection:
        return pd.read_sql_query("SELECT * FROM trip_records", connection)


@pytest.fixture
def table() -> pd.DataFrame:
    """A table of one's own: an hour apart, over a hundred days."""
    return made.rows(2_400)


def own(root: Path, repo: Path, table: pd.DataFrame) -> tuple[coming.RowsCome, Schema]:
    """The table comes to a repo."""
    (repo / "project.toml").write_text(made.PROJECT, encoding="utf-8")
    (repo / rules.FILE).write_text((root / rules.FILE).read_text(encoding="utf-8"), encoding="utf-8")
    schema = project.load(repo / "project.toml").schema_only
    return coming.RowsCome(repo, schema, table), schema


def test_a_table_of_ones_own_comes_in_files_by_its_time(root: Path, tmp_path: Path, table: pd.DataFrame) -> None:
    comes, schema = own(root, tmp_path, table)
    found = project.load(tmp_path / "project.toml")
    assert found.source.folder == coming.ARRIVALS
    at, name = comes.begins, schema.table.timestamp
    for _ in range(3):
        ingest.run(found, tmp_path / "landed", base=tmp_path)
        there = pd.to_datetime(landed.read(tmp_path / "landed")[name])
        limit = (at - schema.table.label_delay).replace(tzinfo=None)
        assert there.max() < limit
        assert len(there) == (pd.to_datetime(table[name]) < limit).sum()
        at += comes.step
        comes.until(at)


def test_a_window_of_drift_has_the_rows_that_a_judgement_needs(root: Path, tmp_path: Path, table: pd.DataFrame) -> None:
    comes, _ = own(root, tmp_path, table)
    asked = rules.read(root / rules.FILE).check
    window = parse_duration(str(comes.settings[rules.FILE.name, "check"]["window"]))
    assert asked.rows <= 24 * (window / timedelta(days=1)) <= 2 * asked.rows
    assert window > asked.window, "at a row an hour the window of monitor.toml is too short"


def test_callers_know_the_later_half_in_order_of_time(root: Path, tmp_path: Path, table: pd.DataFrame) -> None:
    comes, schema = own(root, tmp_path, table)
    rows = comes.rows()
    at = rows[schema.table.timestamp]
    assert at.is_monotonic_increasing
    assert at.min() >= pd.Timestamp(comes.begins.replace(tzinfo=None))
    assert 0.45 < len(rows) / len(table) < 0.55
    asked = crowd.questions(rows.head(50), schema)
    assert [it.at for it in asked] == sorted(it.at for it in asked)
    assert datetime.fromisoformat(asked[0].at).tzinfo == UTC
    assert len({it.whose for it in asked}) == 50


@pytest.mark.integration
def test_the_city_lives_on_and_is_the_one_that_callers_know(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coming, "ROWS", 1_500)
    schema = project.load(copy / "project.toml").schema_only
    comes = coming.CityComes(copy, schema, turns=coming.week(coming.ROADWORKS))
    before = trips(copy / "data" / "operational.db")
    assert pd.to_datetime(before["pickup_at"]).max() <= pd.Timestamp(comes.begins.replace(tzinfo=None))
    later = comes.begins + timedelta(days=5)
    comes.until(later)
    after = trips(copy / "data" / "operational.db")
    assert len(after) > len(before)
    known = comes.rows().set_index("trip_id")[schema.table.target]
    season = after[after["duration_minutes"].notna()].set_index("trip_id")["duration_minutes"]
    both = known.index.intersection(season.index)
    assert len(both) > 20
    assert known.loc[both].tolist() == pytest.approx(season.loc[both].tolist())
    assert comes.begins < comes.turns < comes.ends  # type: ignore[operator]
