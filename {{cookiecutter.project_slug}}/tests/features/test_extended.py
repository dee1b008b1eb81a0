"""The schema with the feature columns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from {{cookiecutter.package_name}}.features import definitions, extended
from {{cookiecutter.package_name}}.features.featureset import Feature, FeatureError, FeatureSet

from . import world


def define(monkeypatch: pytest.MonkeyPatch, *sets: FeatureSet) -> None:
    monkeypatch.setattr(definitions, "feature_sets", lambda _: sets)


def test_features_are_columns_that_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, *world.sets(world.SCHEMA))
    wide = extended.extended(world.SCHEMA)
    assert list(wide.columns) == [*world.SCHEMA.columns, "pace_3h", "trips_1d", "longest_6h"]
    assert wide.columns["longest_6h"].nullable
    assert wide.model_copy(update={"columns": world.SCHEMA.columns}) == world.SCHEMA


def test_a_retired_set_is_computed_and_no_column(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = world.traffic(version="2", features=(Feature("pace_1h", "label", "avg", world.HOUR),))
    define(monkeypatch, replace(world.traffic(), retired=True), newer)
    assert [it.version for it in extended.feature_sets(world.SCHEMA)] == ["1", "2"]
    assert extended.active(extended.feature_sets(world.SCHEMA)) == (newer,)
    assert list(extended.extended(world.SCHEMA).columns)[-2:] == ["rain", "pace_1h"]


def test_a_feature_that_means_something_else_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, replace(world.traffic(), retired=True), world.traffic(version="2"))
    with pytest.raises(FeatureError, match="'pace_3h' of 'traffic' has the name of another column"):
        extended.feature_sets(world.SCHEMA)


@pytest.mark.parametrize("name", ["km", "hour", "minutes", "at", "id", "trips_1d"])
def test_a_feature_takes_no_name_that_is_taken(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    twice = world.whole(features=(Feature(name, "label", "max", world.DAY),))
    define(monkeypatch, world.traffic(), twice)
    with pytest.raises(FeatureError, match=f"'{name}' of 'city'"):
        extended.feature_sets(world.SCHEMA)


def test_two_sets_of_one_name_and_version_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, world.traffic(), world.traffic(retired=True))
    with pytest.raises(FeatureError, match="two feature sets are 'traffic', version '1'"):
        extended.feature_sets(world.SCHEMA)


def test_a_definition_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, world.traffic(source_delay=world.HOUR))
    with pytest.raises(FeatureError, match="source_delay"):
        extended.extended(world.SCHEMA)
