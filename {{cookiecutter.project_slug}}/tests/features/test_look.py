"""Look-ups for people."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.features import look, publish
from {{cookiecutter.package_name}}.features.featureset import FeatureError

from . import world

NOW = datetime(2025, 3, 5, 12)
BOTH = world.sets(world.SCHEMA)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("looked")
    world.run(world.land(base / "landed", world.trips(200)), base / "store", *BOTH)
    publish.run(base / "store", BOTH, NOW)
    return base / "store"


def test_it_says_what_is_known_since_when_and_how_fast_it_came(store: Path) -> None:
    first, *rest = look.up(store, world.traffic(), "north", NOW)
    assert first.startswith("traffic of north: of 2025-03-05T")
    assert " old; looked up in " in first
    assert [line.split(" = ")[0].strip() for line in rest] == ["pace_3h", "trips_1d"]


def test_a_stale_value_is_shown_as_what_servers_make_of_it(store: Path) -> None:
    first = next(look.up(store, world.traffic(), "north", datetime(2025, 3, 8)))
    assert "older than its ttl of 30h: servers get null" in first


def test_a_set_of_the_whole_table_needs_no_entity(store: Path) -> None:
    for entity in (None, "north"):
        assert "city of whole_table" in next(look.up(store, world.whole(), entity, NOW))


@pytest.mark.parametrize(
    ("entity", "problem", "fix"),
    [
        (None, "none was named", "mlops features get '7'"),
        ("norht", "no value of 'norht'", "did you mean 'north'"),
        ("xyz", "no value of 'xyz'", "use one of '7', 'north', 'south'"),
    ],
)
def test_an_entity_that_is_not_there_is_named_with_one_that_is(
    store: Path, entity: str | None, problem: str, fix: str
) -> None:
    with pytest.raises(FeatureError, match=problem) as caught:
        next(look.up(store, world.traffic(), entity, NOW))
    assert fix in caught.value.fix


def test_a_store_without_values_says_why(store: Path, tmp_path: Path) -> None:
    publish.run(store, BOTH, datetime(2026, 1, 1), into=tmp_path)
    for entity in (None, "north"):
        with pytest.raises(FeatureError) as caught:
            next(look.up(tmp_path, world.traffic(), entity, NOW))
        assert "--at" in caught.value.fix


def test_another_definition_is_not_online(store: Path) -> None:
    with pytest.raises(FeatureError, match="holds nothing of 'traffic', version 2"):
        next(look.up(store, world.traffic(version="2"), "north", NOW))
