"""The point-in-time join, against pandas on random data and by hand at its edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from {{cookiecutter.package_name}}.features import join, rows
from {{cookiecutter.package_name}}.features.join import Rule

from . import world

RULE = Rule(("x", "y"), world.DELAY, world.TTL)
EVENTFUL = 4  # a case with many rows
NOON = datetime(2025, 3, 5, 12)


def values(folder: Path, found: Sequence[tuple[str, datetime, float | None]], files: int = 1) -> list[Path]:
    """Parquet files of values; `y` is `-x`."""
    folder.mkdir(exist_ok=True)
    paths = []
    for number in range(files):
        part = found[number::files]
        numbers = [x for _, _, x in part]
        table = pa.table(
            {
                "entity": pa.array([entity for entity, _, _ in part], pa.string()),
                "event_time": pa.array([at for _, at, _ in part], pa.timestamp("us")),
                "x": pa.array(numbers, pa.float64()),
                "y": pa.array([None if x is None else -x for x in numbers], pa.float64()),
            }
        )
        paths.append(folder / f"values-{number}.parquet")
        pq.write_table(table, paths[-1], row_group_size=17)
    return paths


def found(folder: Path, at: datetime, ages: list[timedelta], rule: Rule = RULE) -> float | None:
    """What an observation of `a` at `at` finds among values of these ages; each value is its place in the list."""
    paths = values(folder, [("a", at - age, float(place)) for place, age in enumerate(ages)])
    out: list[float | None] = join.join(world.joined([("a", at)]), paths, rule)["x"].to_pylist()
    return out[0]


EDGES: dict[str, tuple[list[timedelta], float | None]] = {
    "just known": ([world.DELAY], 0),
    "not quite known": ([world.DELAY - world.MICROSECOND], None),
    "known, and a newer one that is not": ([3 * world.HOUR, world.DELAY - world.MICROSECOND], 0),
    "the newest of those that are known": ([9 * world.HOUR, 3 * world.HOUR, 5 * world.HOUR], 1),
    "as old as may be": ([world.TTL], 0),
    "a moment too old": ([world.TTL + world.MICROSECOND], None),
    "of its own time": ([timedelta(0)], None),
    "of the future": ([-world.DAY], None),
    "none": ([], None),
}


@pytest.mark.parametrize(("ages", "wanted"), EDGES.values(), ids=EDGES)
def test_a_value_is_used_from_its_delay_on_and_up_to_its_ttl(
    tmp_path: Path, ages: list[timedelta], wanted: float | None
) -> None:
    assert found(tmp_path, NOON, ages) == wanted


def test_the_shortest_delay_keeps_a_row_from_its_own_label(tmp_path: Path) -> None:
    rule = join.rule(world.traffic(source_delay=timedelta(0)))
    nothing = Rule(("x", "y"), rule.delay, rule.lookback)
    assert found(tmp_path / "own", NOON, [timedelta(0)], nothing) is None
    assert found(tmp_path / "before", NOON, [world.MICROSECOND], nothing) == 0


def test_a_value_that_is_missing_is_found_as_missing_and_no_older_one_stands_in(tmp_path: Path) -> None:
    paths = values(tmp_path, [("a", NOON - world.DAY, 1.0), ("a", NOON - 3 * world.HOUR, None)])
    out = join.join(world.joined([("a", NOON)]), paths, RULE)
    assert out["matched_at"].to_pylist() == [NOON - 3 * world.HOUR]
    assert out["x"].to_pylist() == [None]


def cases(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, Rule]:
    """Random observations and values: entities without values, missing entities and times, equal times, in no order."""
    random = np.random.default_rng(seed)
    many, observed = int(random.integers(0, 400)), int(random.integers(1, 200))
    unit = [1, 900, 86_400][seed % 3]  # seconds: many ties, or hardly any
    entities = np.array([f"e{number}" for number in range(int(random.integers(1, 9)))], dtype=object)
    span = int(10 * 86_400 / unit) + 1
    value = pd.DataFrame({"entity": random.choice(entities, many)})
    value["event_time"] = pd.Timestamp(world.START) + pd.to_timedelta(random.integers(0, span, many) * unit, unit="s")
    value["x"] = np.where(random.random(many) < 0.1, np.nan, random.normal(size=many))
    value = value.drop_duplicates(["entity", "event_time"]).sample(frac=1, random_state=seed)
    strangers = np.append(entities, ["stranger", None])
    looked = pd.DataFrame({"entity": random.choice(strangers, observed)})
    times = pd.Timestamp(world.START) + pd.to_timedelta(random.integers(-5, span, observed) * unit, unit="s")
    looked["event_time"] = pd.Series(times).where(random.random(observed) > 0.03)
    looked = pd.concat([looked, looked.sample(observed // 4, random_state=seed)], ignore_index=True)
    delay = timedelta(seconds=int(random.choice([0, 1, 7200]))) or world.MICROSECOND
    lookback = delay + timedelta(seconds=int(random.choice([1, 3600, 90_000, 10**7])))
    return looked, value, Rule(("x", "y"), delay, lookback)


def by_pandas(looked: pd.DataFrame, value: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """`merge_asof`, which shares no code with the join."""
    usable = looked.dropna().assign(newest=lambda frame: frame["event_time"] - rule.delay)
    left = usable.reset_index().sort_values("newest").astype({"newest": "datetime64[us]"})
    right = value.rename(columns={"event_time": "matched_at"}).sort_values("matched_at")
    right = right.astype({"matched_at": "datetime64[us]"})
    pairs = pd.merge_asof(
        left, right, left_on="newest", right_on="matched_at", by="entity", tolerance=rule.lookback - rule.delay
    )
    return pairs.set_index("index")[["matched_at", "x"]].reindex(looked.index)


def by_us(folder: Path, looked: pd.DataFrame, value: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    numbers = [None if x != x else x for x in value["x"]]
    known = list(zip(value["entity"], [at.to_pydatetime() for at in value["event_time"]], numbers, strict=True))
    times = [None if pd.isna(at) else at.to_pydatetime() for at in looked["event_time"]]
    entities = [None if pd.isna(entity) else entity for entity in looked["entity"]]
    table = join.join(world.joined(list(zip(entities, times, strict=True))), values(folder, known, files=3), rule)
    frame: pd.DataFrame = table.to_pandas()
    assert (frame["y"] == -frame["x"]).sum() == frame["x"].notna().sum(), "the values of a row are not of one time"
    return frame[["matched_at", "x"]]


def agree(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    times = [frame["matched_at"].astype("datetime64[us]") for frame in (one, other)]
    return times[0].equals(times[1]) and one["x"].equals(other["x"])


@pytest.mark.parametrize("slice_rows", [join.SLICE, 40])
@pytest.mark.parametrize("seed", range(12))
def test_it_gives_what_pandas_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, slice_rows: int
) -> None:
    monkeypatch.setattr(join, "SLICE", slice_rows)
    for number in range(3):
        looked, value, rule = cases(100 * seed + number)
        assert agree(by_us(tmp_path, looked, value, rule), by_pandas(looked, value, rule)), f"case {seed}, {number}"


def test_another_rule_is_seen_by_the_comparison(tmp_path: Path) -> None:
    looked, value, rule = cases(EVENTFUL)
    assert by_us(tmp_path, looked, value, rule)["x"].notna().sum() > 20
    wanted = by_pandas(looked, value, rule)
    longer = replace(rule, lookback=rule.lookback + world.DAY)
    for other in (replace(rule, delay=world.MICROSECOND), replace(rule, delay=rule.delay + world.HOUR), longer):
        assert not agree(by_us(tmp_path, looked, value, other), wanted)


def test_small_slices_are_really_taken(tmp_path: Path) -> None:
    known = [("a", world.START + world.HOUR * number, float(number)) for number in range(200)]
    paths = values(tmp_path, known, files=2)
    parts = list(join.slices(paths, datetime(2025, 1, 1), datetime(2026, 1, 1), 40))
    assert len(parts) > 3
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    assert {path for part in parts for path in part.files} == set(paths)
    late = list(join.slices(paths, world.START + world.HOUR * 190, datetime(2026, 1, 1), 40))
    assert len(late) < len(parts)


def test_a_slice_reads_the_file_that_ends_where_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(join, "SLICE", 1)
    first = values(tmp_path, [("a", NOON - world.DAY, 1.0), ("b", NOON, 2.0)])[0]
    second = values(tmp_path / "more", [("c", NOON, 3.0), ("c", NOON + world.DAY, 4.0)])[0]
    observed = world.joined([("b", NOON + world.DELAY), ("c", NOON + world.DELAY), ("a", NOON)])
    assert join.join(observed, [first, second], RULE)["x"].to_pylist() == [2.0, 3.0, 1.0]


def test_files_that_do_not_say_which_times_they_hold_are_read_all_the_same(tmp_path: Path) -> None:
    path = values(tmp_path, [("a", NOON - world.DAY, 1.0)])[0]
    pq.write_table(pq.read_table(path), path, write_statistics=False)
    assert join.join(world.joined([("a", NOON)]), [path], RULE)["x"].to_pylist() == [1.0]


def test_observations_may_stand_in_a_file(tmp_path: Path) -> None:
    paths, observed = values(tmp_path, [("a", NOON - world.DAY, 1.0)]), tmp_path / "observed.parquet"
    pq.write_table(world.joined([("a", NOON), ("b", NOON)]), observed)
    assert join.join(observed, paths, RULE)["x"].to_pylist() == [1.0, None]


def test_without_files_and_without_observations_there_is_nothing(tmp_path: Path) -> None:
    assert join.join(world.joined([("a", NOON)]), [], RULE)["x"].to_pylist() == [None]
    paths = values(tmp_path, [("a", NOON, 1.0)])
    assert join.join(world.joined([]), paths, RULE).num_rows == 0
    assert join.join(world.joined([(None, NOON), ("a", None)]), paths, RULE)["x"].to_pylist() == [None, None]


def test_rows_of_one_time_get_one_value_in_which_all_of_them_count(tmp_path: Path) -> None:
    """Ties: no row of (entity, time) is chosen over another; later observations see them all, they themselves none."""
    frame = world.trips(4).assign(zone="north", km=2.0, minutes=[2.0, 4.0, 6.0, 8.0])
    times = [world.START, world.START, world.START, world.START + world.DELAY]
    frame["at"] = pd.Series(times).astype("datetime64[us]")
    root = world.land(tmp_path / "landed", frame)
    done = world.run(root, tmp_path / "store")[0]
    observations = rows.observations(sorted(root.glob("*/*.parquet")), world.traffic())
    out = join.join(observations, done.files, join.rule(world.traffic()))
    assert out["pace_3h"].to_pylist() == [None, None, None, 2.0]
    assert out["trips_1d"].to_pylist() == [None, None, None, 3.0]
