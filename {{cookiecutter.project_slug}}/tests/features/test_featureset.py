"""Definitions: the SQL text means what a window should, and what cannot be meant is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from {{cookiecutter.package_name}}.features import engine, featureset, materialise, rows
from {{cookiecutter.package_name}}.features.featureset import Feature, FeatureError, FeatureSet

from . import world

LATER = world.START + timedelta(days=30)


def computed(source: Mapping[str, Any], found: FeatureSet) -> list[tuple[object, ...]]:
    """The set's rows from a small source."""
    table = pa.table({**source, "event_time": pa.array(source["event_time"], pa.timestamp("us"))})
    with engine.connected(threads=1) as database:
        out = materialise.compute(database, found, table, world.START, LATER)
    return [tuple(row.values()) for row in out.to_pylist()]


def counting(window: timedelta) -> FeatureSet:
    return world.traffic(features=(Feature("found", "label", "count", window),), columns={})


def at(*minutes: int) -> list[object]:
    return [world.START + timedelta(minutes=it) for it in minutes]


def test_a_window_holds_its_own_time_and_the_one_that_lies_just_its_length_back() -> None:
    source = {"entity": ["a"] * 3, "event_time": at(0, 60, 61), "label": [1.0, 2.0, 3.0]}
    assert [row[2] for row in computed(source, counting(world.HOUR))] == [1, 2, 2]


def test_rows_of_one_time_share_one_value_in_which_all_of_them_count() -> None:
    source = {"entity": ["a", "a", "b"], "event_time": at(5, 5, 5), "label": [1.0, 2.0, 3.0]}
    assert [(row[0], row[2]) for row in computed(source, counting(world.HOUR))] == [("a", 2), ("b", 1)]


def test_without_label_entity_or_time_a_row_does_not_count() -> None:
    source = {
        "entity": ["a", "a", None, "a"],
        "event_time": [*at(0, 1, 2), None],
        "label": [None, 1.0, 1.0, 1.0],
    }
    assert [row[2] for row in computed(source, counting(world.DAY))] == [1]


def test_what_is_no_finite_number_is_unknown() -> None:
    source = {"entity": ["a"], "event_time": at(0), "label": [1e308]}
    found = world.traffic(features=(Feature("huge", "label * 10", "sum", world.DAY),), columns={})
    assert computed(source, found)[0][2] is None


def test_a_division_by_zero_is_no_value_and_leaves_the_others() -> None:
    source = {"entity": ["a"] * 2, "event_time": at(0, 1), "label": [6.0, 8.0], "distance": [2.0, 0.0]}
    found = world.traffic(features=(Feature("pace", "label / distance", "avg", world.DAY),))
    assert [row[2] for row in computed(source, found)] == [3.0, 3.0]


@pytest.mark.parametrize("aggregate", ["avg", "sum", "min", "max"])
def test_numbers_are_doubles_before_they_are_added_up(aggregate: Any) -> None:
    """Spark takes 1.0 for a decimal, and rounds the mean of decimals to five places; DuckDB does not."""
    sql = Feature("x", "CASE WHEN label > 0 THEN 1.0 END", aggregate, world.DAY).sql
    assert f"{aggregate.upper()}(CAST(CASE WHEN label > 0 THEN 1.0 END AS DOUBLE)) OVER" in sql


@pytest.mark.parametrize("seed", range(6))
def test_the_text_gives_what_plain_python_finds(seed: int) -> None:
    frame = world.trips(150, seed)
    source = pa.table(
        {
            "entity": pa.array(frame["zone"], pa.string()),
            "event_time": pa.array(frame["at"], pa.timestamp("us")),
            "label": pa.array(frame["minutes"], from_pandas=True),
            "distance": pa.array(frame["km"]),
        }
    ).take(np.random.default_rng(seed).permutation(len(frame)))
    with engine.connected(threads=1) as database:
        found = materialise.compute(database, world.traffic(), rows.known(source), world.START, LATER).to_pandas()
    world.same(found.sort_values(["entity", "event_time"], ignore_index=True), world.expected(frame))


MEANINGS: dict[str, dict[str, Any]] = {
    "version": {"version": "2"},
    "entity": {"entity": None},
    "label": {"label": "rain"},
    "delay": {"source_delay": timedelta(hours=3)},
    "columns": {"columns": {"distance": "rain"}},
    "window": {"features": (Feature("pace_3h", "label", "avg", world.DAY),)},
    "expression": {"features": (Feature("pace_3h", "label + 1", "avg", 3 * world.HOUR),)},
}


@pytest.mark.parametrize("change", MEANINGS.values(), ids=MEANINGS)
def test_another_meaning_has_another_digest(change: dict[str, Any]) -> None:
    first = world.traffic()
    assert replace(first, **change).digest != first.digest
    assert world.traffic().digest == first.digest


@pytest.mark.parametrize("change", [{"ttl": world.DAY}, {"description": "x"}, {"retired": True}])
def test_what_does_not_change_a_value_does_not_change_the_digest(change: dict[str, Any]) -> None:
    assert replace(world.traffic(), **change).digest == world.traffic().digest


def test_there_is_always_some_delay() -> None:
    assert world.traffic(source_delay=timedelta(0)).delay == world.MICROSECOND
    assert world.traffic().delay == world.DELAY


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a column that is not there": ({"columns": {"distance": "kn"}}, "'kn'", "'km'"),
    "another timestamp": ({"timestamp": "a"}, "'a'", "'at'"),
    "an entity that nobody sends": ({"entity": "minutes"}, "'minutes'", "use one of"),
    "no features": ({"features": ()}, "no features", "definitions.py"),
    "a name for no folder": ({"name": "../x"}, "'../x'", "small letters"),
    "a name that SQL reads otherwise": (
        {"features": (Feature("a, b", "label", "avg", world.DAY),)},
        "'a, b'",
        "small letters",
    ),
    "a version for no folder": ({"version": "1/2"}, "'1/2'", "letters"),
    "a window of nothing": ({"features": (Feature("x", "label", "avg", timedelta(0)),)}, "0:00:00", "at least one"),
    "parts of a second": ({"features": (Feature("x", "label", "avg", 1.5 * timedelta(seconds=1)),)}, "1.5", "whole"),
    "labels before they are known": ({"source_delay": world.HOUR}, "1:00:00", "label_delay"),
    "a ttl that is over at once": ({"ttl": world.DELAY}, "2:00:00", "longer than the delay"),
}


@pytest.mark.parametrize(("change", "value", "fix"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_refused_by_value_and_fix(change: dict[str, Any], value: str, fix: str) -> None:
    with pytest.raises(FeatureError) as caught:
        featureset.check(world.traffic(**change), world.SCHEMA)
    assert value in caught.value.problem
    assert fix in caught.value.fix


def test_a_sound_definition_passes() -> None:
    for found in world.sets(world.SCHEMA):
        assert featureset.check(found, world.SCHEMA) is found


TEXTS = ["plain", "it's", "a\\b", "'", "\\", "''\\'", 'say "no"', "", "ü\n", "%s {x}"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_reads_as_itself_in_sql(text: str) -> None:
    found = duckdb.sql(f"SELECT {featureset.literal(text)}").fetchall()
    assert found == [(text,)]


KEYS = [(True, "1"), (False, "0"), (7, "7"), (7.0, "7"), (7.5, "7.5"), ("7", "7"), ("x y", "x y"), (None, None)]


@pytest.mark.parametrize(("value", "text"), [*KEYS, (float("nan"), None)])
def test_an_entity_has_one_text_however_it_is_stored(value: object, text: str | None) -> None:
    assert featureset.key(value) == text


@pytest.mark.parametrize(
    ("text", "name"), [("Pick-up zone", "pick_up_zone"), ("7 x", "x7_x"), ("ÄÖ", "x"), ("a", "a"), ("_", "x")]
)
def test_any_text_can_be_part_of_a_name(text: str, name: str) -> None:
    assert featureset.slug(text) == name
    assert featureset.NAME.fullmatch(name)
