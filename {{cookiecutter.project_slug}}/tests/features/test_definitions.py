"""The definitions as they are shipped hold for any table: they pass their check, and DuckDB runs them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from {{cookiecutter.package_name}}.features import definitions, engine, extended, materialise
from {{cookiecutter.package_name}}.features.featureset import FeatureSet
from {{cookiecutter.package_name}}.model import project
from {{cookiecutter.package_name}}.model.project import Schema

from . import world

ODD = ("no", "it's \\ odd", "Ja!", "ja?", "5", "6", "7")


def schema(
    task: str = "regression", classes: tuple[str, ...] = (), entity: str | None = "zone", **table: Any
) -> Schema:
    """A schema of that kind."""
    metric = {"regression": "mae", "binary": "roc_auc", "multiclass": "log_loss"}[task]
    raw: dict[str, Any] = {
        "source": {"folder": "drop"},
        "table": {"path": "x", "timestamp": "at", "target": "minutes", "classes": classes, "label_delay": "2h"},
        "columns": {"km": {"kind": "numeric"}, "zone": {"kind": "categorical"}},
        "training": {"task": task},
        "metric": {"name": metric, "direction": project.METRICS[task][metric]},  # type: ignore[index]
    }
    raw["table"] |= ({"entity": entity} if entity else {}) | table
    return project.parse(raw).schema_only


def names(given: Schema) -> list[str]:
    return [name for it in extended.feature_sets(given) for name in it.names]


KINDS: dict[str, tuple[Schema, list[str]]] = {
    "a number by an entity": (
        schema(),
        ["zone_history_count_1d", "zone_history_mean_1d", "zone_history_count_1w", "zone_history_mean_1w"],
    ),
    "a number of the whole table": (
        schema(entity=None),
        [f"history_{it}" for it in ("count_1d", "mean_1d", "count_1w", "mean_1w")],
    ),
    "two classes": (
        schema("binary", ("no", "yes")),
        [f"zone_history_{what}_{it}" for it in ("1d", "1w") for what in ("count", "share_yes")],
    ),
    "classes that nobody declared": (schema("binary"), ["zone_history_count_1d", "zone_history_count_1w"]),
    "an entity that is no input": (
        schema(entity="driver"),
        [f"history_{it}" for it in ("count_1d", "mean_1d", "count_1w", "mean_1w")],
    ),
}


@pytest.mark.parametrize(("given", "wanted"), KINDS.values(), ids=KINDS)
def test_any_table_has_the_history_of_its_target(given: Schema, wanted: list[str]) -> None:
    assert names(given) == wanted
    assert {it.source_delay for it in extended.feature_sets(given)} == {timedelta(hours=2)}


def test_of_many_classes_the_first_few_have_a_share_and_each_its_own_name() -> None:
    found = names(schema("multiclass", ODD))
    shares = [name.removeprefix("zone_history_share_") for name in found if "share" in name and name.endswith("1d")]
    assert shares == ["no_1d", "it_s_odd_1d", "ja_1d", "ja_4_1d", "x5_1d"]


TRAVEL: dict[str, Any] = {"target": "duration_minutes"}


def test_the_samples_table_has_the_pace_of_its_zones() -> None:
    given = schema(**TRAVEL)
    columns = {**given.columns, "distance_km": given.columns["km"]}
    found = names(given.model_copy(update={"columns": columns}))
    assert found == ["zone_pace_3h", "zone_pace_1d", "zone_trips_1d"]
    assert names(given) == KINDS["a number by an entity"][1]


@pytest.mark.parametrize("delay", ["0s", "2h", "30d"])
def test_any_label_delay_is_kept(delay: str) -> None:
    base = schema(**TRAVEL, label_delay=delay)
    travel = base.model_copy(update={"columns": {**base.columns, "distance_km": base.columns["km"]}})
    for given in (schema(label_delay=delay), travel):
        assert all(it.source_delay == given.table.label_delay < it.ttl for it in extended.feature_sets(given))


def values(found: FeatureSet, labels: list[object]) -> list[dict[str, object]]:
    """The values of labels that come an hour apart, for one entity."""
    times = [world.START + world.HOUR * number for number in range(len(labels))]
    columns: dict[str, object] = {name: [1.0] * len(labels) for name in found.columns}
    table = pa.table(
        {"entity": ["a"] * len(labels), "event_time": pa.array(times, pa.timestamp("us")), "label": labels, **columns}
    )
    with engine.connected(threads=1) as database:
        out: list[dict[str, object]] = materialise.compute(
            database, found, table, world.START, world.START + world.DAY
        ).to_pylist()
    return out


def test_the_mean_and_the_count_are_those_of_the_labels() -> None:
    found = extended.feature_sets(schema())[0]
    last = values(found, [1.0, 2.0, 6.0])[-1]
    assert (last["zone_history_count_1d"], last["zone_history_mean_1d"]) == (3, 3)


@pytest.mark.parametrize(("task", "classes"), [("binary", ("no", "it's \\ odd")), ("multiclass", ODD)])
def test_the_share_of_a_class_counts_that_class_whatever_it_is_called(task: str, classes: tuple[str, ...]) -> None:
    found = extended.feature_sets(schema(task, classes))[0]
    last = values(found, ["it's \\ odd", "no", "it's \\ odd", "no"])[-1]
    assert last["zone_history_share_it_s_odd_1d"] == 0.5


def test_the_repos_own_definitions_pass(root: object) -> None:
    from pathlib import Path

    assert isinstance(root, Path)
    given = project.load(root / "project.toml").schema_only
    found = extended.feature_sets(given)
    assert len(extended.extended(given).columns) == len(given.columns) + sum(
        len(it.names) for it in extended.active(found)
    )
    assert definitions.feature_sets(given) == found
