"""Materialisation: the right values, no more work than there is, and the same bytes whatever came before."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.data import lock
from {{cookiecutter.package_name}}.data import manifest as manifests
from {{cookiecutter.package_name}}.data.manifest import By
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.features import intervals, materialise, record
from {{cookiecutter.package_name}}.features.featureset import Feature, FeatureError, FeatureSet

from . import world

BOTH = (world.traffic(), world.whole())


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Syncing costs more than all else here; test_crash.py looks at what a death leaves."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.mark.parametrize("by", ["day", "month"])
@pytest.mark.parametrize("found", BOTH, ids=lambda it: it.name)
def test_the_values_are_those_that_plain_python_finds(tmp_path: Path, found: FeatureSet, by: By) -> None:
    frame = world.trips(400, days=12).assign(at=lambda rows: rows["at"] - pd.Timedelta(days=5))
    root = world.land(tmp_path / "landed", frame, by)
    done = world.run(root, tmp_path / "store", found)[0]
    world.same(world.stored(tmp_path / "store", found), world.expected(frame, found))
    assert done.rows == len(world.expected(frame, found))
    assert len(done.computed) == done.intervals == len(done.files) > 1


def test_a_second_run_computes_nothing_and_changes_nothing(tmp_path: Path) -> None:
    root, store = world.land(tmp_path / "landed", world.trips(300)), tmp_path / "store"
    first = world.run(root, store, *BOTH)
    before = world.content(store / materialise.OFFLINE)
    second = world.run(root, store, *BOTH)
    assert [it.computed for it in second] == [(), ()]
    assert [it.files for it in second] == [it.files for it in first]
    assert world.content(store / materialise.OFFLINE) == before


def test_only_what_is_new_is_computed(tmp_path: Path) -> None:
    frame, store = world.trips(400), tmp_path / "store"
    world.run(world.land(tmp_path / "landed", frame[frame["at"] < "2025-03-06"]), store)
    done = world.run(world.land(tmp_path / "landed", frame), store)[0]
    assert done.computed == ("day=2025-03-06",)
    world.same(world.stored(store), world.expected(frame))


def test_a_column_that_no_feature_reads_costs_nothing(tmp_path: Path) -> None:
    frame, store = world.trips(300), tmp_path / "store"
    world.run(world.land(tmp_path / "landed", frame), store)
    before = world.content(store / materialise.OFFLINE)
    done = world.run(world.land(tmp_path / "landed", frame.assign(rain=1.5)), store)[0]
    assert done.computed == ()
    assert world.content(store / materialise.OFFLINE) == before
    with record.opened(store) as connection:
        assert {it.status for it in record.intervals(connection, world.traffic()).values()} == {"Complete"}


def test_a_row_counts_when_its_label_comes_and_not_before(tmp_path: Path) -> None:
    frame, store = world.trips(300), tmp_path / "store"
    late = frame["id"] == frame[(frame["at"] > "2025-03-04 12:00") & (frame["zone"] == "north")]["id"].iloc[0]
    world.run(world.land(tmp_path / "landed", frame[~late]), store)
    unlabelled = frame.assign(minutes=frame["minutes"].where(~late))
    assert world.run(world.land(tmp_path / "landed", unlabelled), store)[0].computed == ()
    labelled = frame.assign(minutes=frame["minutes"].where(~late, 12.5))
    done = world.run(world.land(tmp_path / "landed", labelled), store)[0]
    assert done.computed == ("day=2025-03-04", "day=2025-03-05")
    world.same(world.stored(store), world.expected(labelled))


def touched(before: pd.DataFrame, after: pd.DataFrame, found: FeatureSet) -> set[str]:
    """The days whose windows reach a row that is not the same any more: said without the code under test."""
    parts = []
    for frame in (before, after):
        entity = frame["zone"] if found.entity else "all"
        used = frame.assign(entity=entity)[["id", "at", "entity", "minutes", *found.columns.values()]]
        parts.append(used[used["minutes"].notna() & used["entity"].notna()])
    both = parts[0].merge(parts[1], how="outer", indicator=True)
    out = set()
    for at in both[both["_merge"] != "both"]["at"]:
        days = pd.date_range(at.normalize(), (at + found.longest).normalize(), freq="D")
        out |= {f"day={day:%Y-%m-%d}" for day in days}
    return out


def edited(frame: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """What happens to landed rows: some change, some go, some come late, labels become known, columns are corrected."""
    out = frame.copy()
    some = random.choice(len(out), min(3, len(out)), replace=False)
    match int(random.integers(6)):
        case 0:
            out.loc[out.index[some], "km"] += 1
        case 1:
            out = out.drop(index=out.index[some])
        case 2:
            late = world.trips(4, int(random.integers(1000)), days=6, first=int(out["id"].max()) + 1)
            out = pd.concat([out, late], ignore_index=True)
        case 3:
            out["minutes"] = out["minutes"].fillna(9.0)
        case 4:
            out.loc[out.index[some], "rain"] = 0.7
        case _:
            out.loc[out.index[some], "zone"] = random.choice(["north", "east"])
    return out


@pytest.mark.parametrize("seed", range(8))
def test_after_any_edits_the_store_is_what_one_run_from_nothing_makes(tmp_path: Path, seed: int) -> None:
    random, found = np.random.default_rng(seed), BOTH[seed % 2]
    frame, store = world.trips(120, seed, days=5), tmp_path / "store"
    world.run(world.land(tmp_path / "landed", frame), store, found)
    with record.opened(store) as connection:
        had = set(record.intervals(connection, found))
    for step in range(4):
        before, frame = frame, edited(frame, random)
        root = world.land(tmp_path / "landed", frame)
        done = world.run(root, store, found)[0]
        labels = {f"day={day:%Y-%m-%d}" for day in frame["at"]}
        assert set(done.computed) == (touched(before, frame, found) | (labels - had)) & labels
        world.run(root, tmp_path / f"anew-{step}", found)
        anew = world.content(tmp_path / f"anew-{step}" / materialise.OFFLINE)
        assert world.content(store / materialise.OFFLINE) == anew
        had = labels
    world.same(world.stored(store, found), world.expected(frame, found))


def test_with_files_alone_looked_at_edits_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sabotage of the test above: an interval that forgets the files that its windows reach back to."""
    frame, store = world.trips(300), tmp_path / "store"
    own = intervals.parts
    narrow = lambda found, files: own(replace(found, features=counted(1)), files)  # noqa: E731
    monkeypatch.setattr(intervals, "parts", narrow)
    world.run(world.land(tmp_path / "landed", frame), store)
    frame.loc[frame["at"] < "2025-03-04", "km"] += 1
    assert world.run(world.land(tmp_path / "landed", frame), store)[0].computed == ("day=2025-03-03",)
    with pytest.raises(AssertionError):
        world.same(world.stored(store), world.expected(frame))


def counted(seconds: int) -> tuple[Feature, ...]:
    return (Feature("pace_3h", "label", "count", seconds * world.MICROSECOND * 1_000_000),)


def test_another_definition_computes_everything_anew_and_says_what_it_means(tmp_path: Path) -> None:
    root, store, said = world.land(tmp_path / "landed", world.trips(300)), tmp_path / "store", list[str]()
    world.run(root, store)
    longer = world.traffic(features=(Feature("pace_3h", "label", "max", world.DAY),))
    done = materialise.run(root, store, (longer,), world.clock(), said.append)[0]
    assert len(done.computed) == done.intervals
    assert "means something else now" in said[0]
    assert list(world.stored(store)) == ["entity", "event_time", "pace_3h"]
    quiet = list[str]()
    materialise.run(root, store, (longer,), world.clock(), quiet.append)
    assert quiet == []


def test_another_version_stands_beside_the_first(tmp_path: Path) -> None:
    root, store = world.land(tmp_path / "landed", world.trips(200)), tmp_path / "store"
    world.run(root, store)
    before = world.content(store / materialise.OFFLINE)
    world.run(root, store, world.traffic(version="2"))
    assert before.items() <= world.content(store / materialise.OFFLINE).items()
    world.same(world.stored(store), world.stored(store, world.traffic(version="2")))


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"x"), lambda path: path.unlink()])
def test_a_file_that_is_not_as_it_was_written_is_made_again(tmp_path: Path, spoil: object) -> None:
    root, store = world.land(tmp_path / "landed", world.trips(300)), tmp_path / "store"
    done = world.run(root, store)[0]
    before = world.content(store / materialise.OFFLINE)
    assert callable(spoil)
    spoil(done.files[1])
    assert len(world.run(root, store)[0].computed) == 1
    assert world.content(store / materialise.OFFLINE) == before


def test_rows_that_are_landed_no_more_are_gone_and_so_is_what_nobody_names(tmp_path: Path) -> None:
    frame, store = world.trips(300), tmp_path / "store"
    done = world.run(world.land(tmp_path / "landed", frame), store)[0]
    (done.files[0].parent / ".half.part").write_bytes(b"what a dead run left")
    fewer = frame[frame["at"] < "2025-03-05"]
    again = world.run(world.land(tmp_path / "landed", fewer), store)[0]
    assert again.computed == ()
    assert sorted(done.files[0].parent.iterdir()) == sorted(again.files)
    with record.opened(store) as connection:
        assert list(record.intervals(connection, world.traffic())) == ["day=2025-03-03", "day=2025-03-04"]
    world.same(world.stored(store), world.expected(fewer))


def test_a_run_that_fails_says_how_far_it_came_and_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, store, own = world.land(tmp_path / "landed", world.trips(300)), tmp_path / "store", materialise.compute
    calls = iter(range(9))

    def failing(*given: object) -> object:
        if next(calls) == 2:
            raise FeatureError("no room is left", fix="make room")
        return own(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(materialise, "compute", failing)
    with pytest.raises(FeatureError, match="no room"):
        world.run(root, store)
    with record.opened(store) as connection:
        statuses = [it.status for it in record.intervals(connection, world.traffic()).values()]
        last = record.runs(connection, world.traffic())[0]
    assert statuses == ["Complete", "Complete", "Incomplete", "Pending"]
    assert (last["status"], last["computed"], last["problem"][:7]) == ("Failed", 2, "no room")
    assert world.run(root, store)[0].computed == ("day=2025-03-05", "day=2025-03-06")
    world.same(world.stored(store), world.expected(world.trips(300)))


def test_sql_that_cannot_be_run_is_an_error_of_the_definition(tmp_path: Path) -> None:
    root = world.land(tmp_path / "landed", world.trips(50))
    wrong = world.traffic(features=(Feature("x", "distanse * 2", "avg", world.DAY),))
    with pytest.raises(FeatureError, match=r"'traffic' cannot be run: .*distanse"):
        world.run(root, tmp_path / "store", wrong)


def test_two_at_once_are_one_too_many(tmp_path: Path) -> None:
    root, store = world.land(tmp_path / "landed", world.trips(50)), tmp_path / "store"
    with lock.held(store), pytest.raises(DataError, match="another run"):
        world.run(root, store)
    assert not (store / materialise.OFFLINE).exists()


def test_an_empty_landing_is_said(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match="holds no landed rows"):
        world.run(tmp_path / "landed", tmp_path / "store")


def test_each_run_is_recorded_with_the_state_that_it_read(tmp_path: Path) -> None:
    root, store = world.land(tmp_path / "landed", world.trips(100)), tmp_path / "store"
    for _ in range(2):
        world.run(root, store)
    with record.opened(store) as connection:
        runs = record.runs(connection, world.traffic())
    assert [(row["status"], row["computed"], row["intervals"]) for row in runs] == [
        ("Complete", 0, 4),
        ("Complete", 4, 4),
    ]
    assert {row["inputs"] for row in runs} == {manifests.load(root).state}
    assert {row["started"] for row in runs} == {world.clock().now().isoformat()}
