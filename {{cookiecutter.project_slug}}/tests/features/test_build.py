"""The table to train on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from {{cookiecutter.package_name}}.data import lock
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.features import build, definitions, join, retrieval
from {{cookiecutter.package_name}}.features.leak import LeakError
from {{cookiecutter.package_name}}.model import frame
from {{cookiecutter.package_name}}.model.project import Schema

from . import world


@pytest.fixture(autouse=True)
def our_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "feature_sets", world.sets)


def made(folder: Path, rows: pd.DataFrame, store: str = "store", said: list[str] | None = None) -> build.Built:
    root = world.land(folder / "landed", rows)
    heard: list[str] = [] if said is None else said
    return build.build(world.SCHEMA, root, folder / store, folder / "out", world.clock(), heard.append)


def test_every_landed_row_is_there_with_what_was_known_at_its_time(tmp_path: Path) -> None:
    rows = world.trips(200)
    built = made(tmp_path, rows)
    table, landed = pd.read_parquet(built.table), frame.read(tmp_path / "landed")
    pd.testing.assert_frame_equal(table[list(landed)], landed)
    assert built.rows == len(table) == 200
    assert list(table)[len(list(landed)) :] == ["pace_3h", "trips_1d", "longest_6h"] == list(built.features)
    by_hand = [known(rows, at, zone) for at, zone in zip(table["at"], table["zone"], strict=True)]
    assert table["trips_1d"].fillna(-1).tolist() == by_hand
    assert built.known["trips_1d"] == pytest.approx(sum(count >= 0 for count in by_hand) / 200)


def known(rows: pd.DataFrame, at: pd.Timestamp, zone: object) -> float:
    """Trips of the day before the newest label that was known at `at`; -1 where none was, or too long ago."""
    labelled = rows[rows["minutes"].notna() & (rows["zone"] == zone) & (rows["at"] + world.DELAY <= at)]
    if labelled.empty or labelled["at"].max() < at - world.TTL:
        return -1
    return float((labelled["at"] >= labelled["at"].max() - world.DAY).sum())


def test_the_schema_and_the_way_to_look_up_are_beside_it(tmp_path: Path) -> None:
    made(tmp_path, world.trips(60))
    schema = Schema.model_validate(json.loads((tmp_path / "out" / build.SCHEMA).read_text(encoding="utf-8")))
    assert list(schema.columns) == ["km", "zone", "rain", "pace_3h", "trips_1d", "longest_6h"]
    assert schema.columns["pace_3h"].kind == "numeric"
    assert schema.columns["pace_3h"].nullable
    wanted = retrieval.read(tmp_path / "out" / retrieval.FILE)
    assert wanted == [retrieval.wanted(it) for it in world.sets(world.SCHEMA)]


def test_the_same_rows_give_the_same_bytes_whatever_was_in_the_store(tmp_path: Path) -> None:
    made(tmp_path, world.trips(90, 1), "used")
    first = made(tmp_path, world.trips(120), "used")
    used = world.content(tmp_path / "out")
    again = made(tmp_path, world.trips(120), "fresh")
    assert world.content(tmp_path / "out") == used
    assert sum(len(it.computed) for it in again.materialised) == sum(it.intervals for it in first.materialised)
    assert "8 of 8 intervals computed, 50 rows looked at for leaks" in str(again)


def test_a_leak_is_refused_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = join.rule
    monkeypatch.setattr(join, "rule", lambda found: replace(own(found), delay=timedelta(0)))
    with pytest.raises(LeakError, match=r"traffic: row \d+: the time of traffic of '\w+' at 2025-"):
        made(tmp_path, world.trips(200))
    assert not (tmp_path / "out").exists()


def test_a_feature_that_never_has_a_value_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brief = world.traffic(ttl=world.DELAY + world.MICROSECOND)
    monkeypatch.setattr(definitions, "feature_sets", lambda _: (brief,))
    said: list[str] = []
    rows = world.trips(40).assign(at=lambda it: it["at"] + pd.to_timedelta(it["id"] * 7, unit="s"))
    built = made(tmp_path, rows, said=said)
    assert built.known == {"pace_3h": 0, "trips_1d": 0}
    assert [line for line in said if line.startswith("warning: pace_3h has no value in any row")]


def test_a_retired_set_is_there_for_older_models_and_for_no_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retired = world.traffic(retired=True)
    monkeypatch.setattr(definitions, "feature_sets", lambda _: (retired, world.whole()))
    built = made(tmp_path, world.trips(60))
    assert built.features == ("pace_3h", "trips_1d", "longest_6h")
    assert pd.read_parquet(built.table)["trips_1d"].notna().sum() > 20
    schema = json.loads((tmp_path / "out" / build.SCHEMA).read_text(encoding="utf-8"))
    assert list(schema["columns"]) == [*world.SCHEMA.columns, "longest_6h"]
    assert [it.name for it in retrieval.read(tmp_path / "out" / retrieval.FILE)] == ["city"]


def test_without_features_the_table_is_what_is_landed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "feature_sets", lambda _: ())
    built = made(tmp_path, world.trips(60))
    pd.testing.assert_frame_equal(pd.read_parquet(built.table), frame.read(tmp_path / "landed"))


def test_a_store_in_use_is_not_built_from(tmp_path: Path) -> None:
    with lock.held(tmp_path / "store"), pytest.raises(DataError, match="another run"):
        made(tmp_path, world.trips(20))
