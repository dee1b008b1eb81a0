"""The online store as it is written: what was known then, all of it or nothing."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from {{cookiecutter.package_name}}.features import materialise, publish, record, retrieval
from {{cookiecutter.package_name}}.features.featureset import Feature, FeatureError, FeatureSet
from {{cookiecutter.package_name}}.features.online import Online

from . import world

NOW = datetime(2025, 3, 5, 12)
BOTH = world.sets(world.SCHEMA)


@pytest.fixture(scope="module")
def materialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landed trips and their store; write into another one."""
    base = tmp_path_factory.mktemp("materialised")
    world.run(world.land(base / "landed", world.trips(300)), base / "store", *BOTH)
    return base / "store"


def told(store: Path, found: FeatureSet) -> dict[str, tuple[datetime, dict[str, float | None]]]:
    """Everything that the online store holds of a set."""
    with closing(Online(store)) as values:
        wanted = retrieval.wanted(found)
        known = {name: values.get(wanted, name) for name in values.entities(wanted, 99)}
        return {name: (it.at, it.features) for name, it in known.items() if it is not None}


def by_hand(found: FeatureSet, now: datetime) -> dict[str, tuple[datetime, dict[str, float | None]]]:
    """The newest values that were known, found row by row."""
    rows = EXPECTED[found.name]
    rows = rows[(rows["event_time"] <= now - found.delay) & (rows["event_time"] >= now - found.ttl)]
    last = rows.sort_values("event_time").groupby("entity").tail(1)
    values = [{name: pytest.approx(row[name]) for name in found.names} for _, row in last.iterrows()]
    return dict(zip(last["entity"], zip(last["event_time"], values, strict=True), strict=True))


EXPECTED = {it.name: world.expected(world.trips(300), it) for it in BOTH}
NORTH = EXPECTED["traffic"].query("entity == 'north'")["event_time"]
EDGE, LAST = (pd.Timestamp(at).to_pydatetime() for at in (NORTH.iloc[40], NORTH.max()))
TIMES = {
    "in between": NOW,
    "just known": EDGE + world.DELAY,
    "not quite known": EDGE + world.DELAY - world.MICROSECOND,
    "as old as may be": LAST + world.TTL,
    "a moment too old": LAST + world.TTL + world.MICROSECOND,
    "too late": datetime(2025, 3, 20),
    "before all": world.START,
}


@pytest.mark.parametrize("found", BOTH, ids=lambda it: it.name)
@pytest.mark.parametrize("now", TIMES.values(), ids=TIMES)
def test_it_holds_the_newest_values_that_were_known(
    materialised: Path, tmp_path: Path, found: FeatureSet, now: datetime
) -> None:
    counts = publish.run(materialised, (found,), now, into=tmp_path)
    assert told(tmp_path, found) == by_hand(found, now)
    assert counts == [len(by_hand(found, now))]


def test_the_times_are_no_trivial_ones() -> None:
    counts = {name: len(by_hand(world.traffic(), now)) for name, now in TIMES.items()}
    assert counts["in between"] == 3
    assert by_hand(world.traffic(), TIMES["just known"]) != by_hand(world.traffic(), TIMES["not quite known"])
    old = by_hand(world.traffic(), TIMES["as old as may be"])
    assert "north" in old.keys() - by_hand(world.traffic(), TIMES["a moment too old"]).keys()
    assert counts["too late"] == counts["before all"] == 0


def test_a_time_with_a_zone_is_taken_in_utc(materialised: Path, tmp_path: Path) -> None:
    publish.run(materialised, BOTH, NOW.replace(tzinfo=UTC), into=tmp_path)
    with closing(Online(tmp_path)) as values:
        assert values.holds(retrieval.wanted(world.traffic())) == NOW


def test_what_is_gone_since_is_gone(materialised: Path, tmp_path: Path) -> None:
    publish.run(materialised, BOTH, NOW, into=tmp_path)
    publish.run(materialised, BOTH, datetime(2025, 3, 20), into=tmp_path)
    assert told(tmp_path, world.traffic()) == {}


def test_values_of_another_definition_stay_until_they_are_too_old(tmp_path: Path) -> None:
    root, store = world.land(tmp_path / "landed", world.trips(300)), tmp_path / "store"
    older, newer = world.traffic(), world.traffic(features=(Feature("pace_3h", "label", "max", world.DAY),))
    world.run(root, store, older)
    publish.run(store, (older,), NOW)
    before = told(store, older)
    world.run(root, store, newer)
    publish.run(store, (newer,), NOW + world.TTL)
    assert told(store, older) == before
    publish.run(store, (newer,), NOW + world.TTL + world.MICROSECOND)
    assert told(store, older) == {}


def test_all_sets_are_written_or_none(tmp_path: Path) -> None:
    store = tmp_path / "store"
    world.run(world.land(tmp_path / "landed", world.trips(100)), store, world.traffic())
    with pytest.raises(FeatureError, match="nothing of 'city', version 1 was materialised"):
        publish.run(store, BOTH, NOW)
    assert told(store, world.traffic()) == {}


def test_a_store_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match="nowhere holds no materialised features"):
        publish.run(tmp_path / "nowhere", BOTH, NOW)


@pytest.mark.parametrize("status", ["Pending", "Incomplete"])
def test_a_half_materialisation_is_not_handed_on(tmp_path: Path, status: record.Status) -> None:
    store = tmp_path / "store"
    world.run(world.land(tmp_path / "landed", world.trips(100)), store)
    with record.opened(store) as connection:
        one = next(iter(record.intervals(connection, world.traffic()).values()))
        record.mark(connection, replace(one, status=status))
    with pytest.raises(FeatureError, match=f"interval day=2025-03-03 is {status}") as caught:
        publish.run(store, (world.traffic(),), NOW)
    assert "mlops features materialise" in caught.value.fix


def test_values_of_another_definition_are_not_handed_on_under_this_one(tmp_path: Path) -> None:
    store = tmp_path / "store"
    world.run(world.land(tmp_path / "landed", world.trips(100)), store)
    with pytest.raises(FeatureError, match="of another definition"):
        publish.run(store, (world.traffic(entity=None),), NOW)


@pytest.mark.parametrize("content", [b"no Parquet", None], ids=["another file", "no file"])
def test_a_damaged_offline_store_is_named(tmp_path: Path, content: bytes | None) -> None:
    store = tmp_path / "store"
    for path in world.run(world.land(tmp_path / "landed", world.trips(100)), store)[0].files:
        path.unlink()
        if content is not None:
            path.write_bytes(content)
    with pytest.raises(FeatureError, match="the offline store of 'traffic' is damaged"):
        publish.run(store, (world.traffic(),), NOW)


def test_only_files_that_may_hold_such_values_are_read(materialised: Path) -> None:
    found = publish.complete(materialised, world.traffic(), NOW - world.HOUR, NOW)
    assert [path.name.split("-", 3)[:3] for path in found] == [["day=2025", "03", "05"]]
    edge = publish.complete(materialised, world.traffic(), datetime(2025, 3, 5), datetime(2025, 3, 6))
    assert len(edge) == 2
    assert (materialised / materialise.OFFLINE).is_dir()


def test_the_names_of_the_features_are_kept_beside_their_values(materialised: Path, tmp_path: Path) -> None:
    publish.run(materialised, BOTH, NOW, into=tmp_path)
    with closing(Online(tmp_path)) as values:
        rows = values.rows("SELECT name, version, features, entities FROM sets ORDER BY name")
    assert [(name, version, json.loads(features), count) for name, version, features, count in rows] == [
        ("city", "1", ["longest_6h"], 1),
        ("traffic", "1", ["pace_3h", "trips_1d"], 3),
    ]
