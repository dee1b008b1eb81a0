"""Training against serving: the same numbers, and a difference is seen whichever side it is on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.data import lock
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.features import join, publish, skew
from {{cookiecutter.package_name}}.features.featureset import FeatureError, FeatureSet
from {{cookiecutter.package_name}}.features.skew import Compared

from . import world

BOTH = world.sets(world.SCHEMA)
COUNT = 25


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landed trips and their store."""
    base = tmp_path_factory.mktemp("materialised")
    world.run(world.land(base / "landed", world.trips(250)), base / "store", *BOTH)
    return base


def compared(base: Path, *sets: FeatureSet, seed: int = 0) -> Compared:
    return skew.compare(base / "landed", base / "store", sets or BOTH, COUNT, seed)


@pytest.mark.parametrize("seed", range(2))
def test_they_are_the_same_numbers(base: Path, seed: int) -> None:
    found = compared(base, seed=seed)
    assert found.differences == ()
    assert (found.observations, found.values) == (COUNT, 3 * COUNT)
    assert found.known > 2 * COUNT


def test_serving_that_forgets_the_delay_is_seen(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = publish.newest
    monkeypatch.setattr(publish, "newest", lambda store, found, now: own(store, found, now + found.source_delay))
    wrong = compared(base, world.traffic())
    assert len(wrong.differences) > 10
    assert " in training, " in wrong.differences[0].sentence


def test_training_that_forgets_the_delay_is_seen(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = join.rule
    monkeypatch.setattr(join, "rule", lambda found: replace(own(found), delay=timedelta(0)))
    assert len(compared(base, world.traffic()).differences) > 10


def test_a_difference_in_the_last_digit_is_seen(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = skew.served

    def off(*given: object) -> dict[str, float | None]:
        values = own(*given)  # type: ignore[arg-type]
        return {name: value if value is None else value * (1 + 2**-52) for name, value in values.items()}

    monkeypatch.setattr(skew, "served", off)
    assert {it.feature for it in compared(base, world.traffic()).differences} == {"pace_3h", "trips_1d"}


def test_a_value_that_only_one_side_has_is_seen(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skew, "served", lambda *given: dict.fromkeys(given[2].names))
    found = compared(base, world.whole())
    assert len(found.differences) == found.known > 0


def test_a_store_in_use_or_absent_is_named(base: Path, tmp_path: Path) -> None:
    with lock.held(base / "store"), pytest.raises(DataError, match="another run"):
        compared(base)
    with pytest.raises(FeatureError, match="holds no materialised features"):
        skew.compare(base / "landed", tmp_path / "nowhere", BOTH, COUNT, 0)
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(FeatureError, match="no landed rows"):
        skew.compare(tmp_path / "nowhere", base / "store", BOTH, COUNT, 0)
