"""The sample's world: the same from the same seed, and at each time only what a real database would know."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import corrupt, frame, project, sample

ROWS, WEEKS = 3000, 2
MIDDLE = datetime(2025, 1, 11, 17, 30)


def table(db: Path, name: str) -> pd.DataFrame:
    with closing(sqlite3.connect(db)) as connection:
        return pd.read_sql_query(f"SELECT * FROM {name} ORDER BY 1", connection)  # noqa: S608


def digest(db: Path) -> str:
    whole = "".join(table(db, name).to_csv() for name in ("zones", "weather", "trips", "world"))
    return hashlib.sha256(whole.encode()).hexdigest()


def fill(db: Path, *, seed: int = 7, **options: Any) -> Path:
    sample.fill(db, ROWS, seed, weeks=WEEKS, **options)
    return db


def test_the_same_seed_gives_the_same_content_and_another_gives_another(tmp_path: Path) -> None:
    one, same, other = (fill(tmp_path / f"{at}.db", seed=seed) for at, seed in enumerate((7, 7, 8)))
    assert digest(one) == digest(same) != digest(other)
    assert table(one, "trips")["duration_minutes"].notna().sum() == ROWS


def test_living_on_in_steps_ends_where_one_step_does(tmp_path: Path) -> None:
    steps = fill(tmp_path / "steps.db", at=MIDDLE)
    written = [sample.until(steps, MIDDLE + timedelta(hours=hours)) for hours in (1, 1, 0, 30, 100)]
    assert written[0] > 0
    assert written[1:3] == [0, 0]  # a time that has passed changes nothing
    fill(steps)
    assert digest(steps) == digest(fill(tmp_path / "whole.db"))


def test_labels_and_some_rows_are_late(tmp_path: Path) -> None:
    db = fill(tmp_path / "now.db", at=MIDDLE)
    now, soon = str(MIDDLE), str(MIDDLE + timedelta(hours=2))
    records = table(db, "trip_records")
    assert records[["pickup_at", "updated_at"]].max().max() <= now
    assert table(db, "weather")["hour"].max() <= now
    open_ones = records.loc[records["duration_minutes"].isna(), "trip_id"]
    assert len(open_ones) > 0
    sample.until(db, MIDDLE + timedelta(hours=2))
    then = table(db, "trips").set_index("trip_id").loc[open_ones]
    assert then["duration_minutes"].notna().all()
    assert then["updated_at"].min() > now
    sample.until(db, MIDDLE + timedelta(days=3))
    trips = table(db, "trips")
    assert ((trips["pickup_at"] < now) & (trips["updated_at"] > soon)).any()


def test_a_time_with_a_zone_is_the_same_moment(tmp_path: Path) -> None:
    one, other = fill(tmp_path / "naive.db", at=MIDDLE), fill(tmp_path / "aware.db", at=MIDDLE.replace(tzinfo=UTC))
    assert digest(one) == digest(other)


def test_the_view_holds_what_the_samples_project_toml_names(tmp_path: Path) -> None:
    settings = project.load(Path(__file__).parents[2] / "project.toml")
    if settings.source.url != sample.URL:
        pytest.skip("project.toml describes another table")
    with closing(sqlite3.connect(fill(tmp_path / "v.db"))) as connection:
        rows = pd.read_sql_query("SELECT * FROM trip_records", connection)
    assert frame.oddities(frame.typed(rows, settings), settings) == []
    assert {settings.table.target, settings.source.watermark, *settings.table.key} <= set(rows.columns)
    assert rows["temperature_c"].isna().any()


def test_roadworks_slow_only_from_their_week_on(tmp_path: Path) -> None:
    plain, slowed = fill(tmp_path / "plain.db"), fill(tmp_path / "slow.db", roadworks_week=2)
    one, other = (table(db, "trips") for db in (plain, slowed))
    early = one["pickup_at"] < "2025-01-13"
    assert one.loc[early, "duration_minutes"].tolist() == other.loc[early, "duration_minutes"].tolist()
    assert other.loc[~early, "duration_minutes"].mean() > 1.05 * one.loc[~early, "duration_minutes"].mean()


def test_another_city_or_another_file_is_refused(tmp_path: Path) -> None:
    db = fill(tmp_path / "a.db", at=MIDDLE)
    with pytest.raises(errors.DataError, match="holds another sample"):
        fill(db, seed=8)
    (tmp_path / "b.db").write_text("not a database", encoding="utf-8")
    with pytest.raises(errors.DataError, match="is not the sample's database"):
        fill(tmp_path / "b.db")


def test_a_crash_on_the_way_leaves_the_time_before(tmp_path: Path) -> None:
    db = fill(tmp_path / "a.db", at=MIDDLE)
    before = digest(db)

    def crash(day: int) -> None:
        if day == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample.until(db, MIDDLE + timedelta(days=4), crash)
    assert digest(db) == before


def test_csv_and_parquet_exports_hold_the_labelled_trips(tmp_path: Path) -> None:
    db = fill(tmp_path / "a.db", at=MIDDLE)
    counts = {sample.export(db, tmp_path / name) for name in ("t.csv", "t.parquet")}
    assert counts == {table(db, "trips")["duration_minutes"].notna().sum()}
    one, other = frame.read(tmp_path / "t.csv"), frame.read(tmp_path / "t.parquet")
    assert one["duration_minutes"].notna().all()
    one["pickup_at"] = pd.to_datetime(one["pickup_at"])
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


@pytest.mark.parametrize("kind", sample.KINDS)
def test_a_bad_batch_is_bad_the_same_way_twice_and_leaves_the_good_one_alone(kind: str) -> None:
    good = pd.DataFrame({"trip_id": range(10), "distance_km": [1.5] * 10})
    bad = sample.corrupt(good, kind, 3)
    pd.testing.assert_frame_equal(bad, sample.corrupt(good, kind, 3))
    assert good["distance_km"].tolist() == [1.5] * 10
    seen = {
        "null-burst": bad["distance_km"].isna().any(),
        "type-change": any(isinstance(value, str) for value in bad["distance_km"]),
        "duplicate-keys": bad["trip_id"].duplicated().any(),
        "out-of-range": bool((bad["distance_km"].map(lambda value: isinstance(value, float) and value < 0)).any()),
    }
    assert [name for name, there in seen.items() if there] == [kind]


def test_an_unknown_kind_of_bad_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="null-burst"):
        corrupt.corrupt(pd.DataFrame({"distance_km": [1.0]}), "smudge", 1)
