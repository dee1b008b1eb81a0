"""The same definitions on Azure: files that its own library takes, with the text that DuckDB runs."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from {{cookiecutter.package_name}}.features import azure, extended
from {{cookiecutter.package_name}}.features.featureset import Feature, FeatureError, FeatureSet, literal
from {{cookiecutter.package_name}}.model import project

from . import world

SOURCE = "abfss://rows@account.dfs.core.windows.net/landed/*/*.parquet"
# what these libraries ask of others, and of Python; not ours to mend
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}:{module}")
    for kind in ("DeprecationWarning", "FutureWarning", "SyntaxWarning")
    for module in ("azure.*", "marshmallow.*", "msrest.*", "pkg_resources.*", "jwt.*")
]
ODD_CLASS = literal("a\\b")
ODD = world.traffic(
    name="odd",
    entity="zo\"ne's",
    features=(
        Feature("share", f'CASE WHEN label = {ODD_CLASS} THEN "label" END', "sum", world.DAY),
        Feature("digits", r"CASE WHEN label RLIKE '\d\n' THEN 1 END", "sum", world.DAY),
    ),
)


def read(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """What the test's definitions give."""
    azure.export(world.sets(world.SCHEMA), tmp_path, SOURCE)
    return tmp_path


def constants(path: Path) -> dict[str, Any]:
    """The constants of a Python file."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


@pytest.mark.parametrize("found", [world.traffic(), world.whole(), ODD], ids=lambda it: it.name)
def test_spark_is_given_the_text_that_duckdb_runs(tmp_path: Path, found: FeatureSet) -> None:
    code = azure.export((found,), tmp_path, SOURCE)[-1]
    given = constants(code)
    assert given["SQL"].strip() == found.sql
    assert given["COLUMNS"] == found.source
    assert given["ENTITY"] == found.entity


def test_the_specification_says_what_the_definition_says(out: Path) -> None:
    spec, found = read(out / "traffic" / "1" / "spec" / "FeatureSetSpec.yaml"), world.traffic()
    assert spec["source"] == {
        "type": "parquet",
        "path": SOURCE,
        "timestamp_column": {"name": "at"},
        "source_delay": {"days": 0, "hours": 2, "minutes": 0},
    }
    assert [it["name"] for it in spec["features"]] == list(found.names)
    assert spec["index_columns"] == [{"name": "zone", "type": "string"}]
    assert spec["source_lookback"] == {"days": 1, "hours": 0, "minutes": 0}
    assert spec["temporal_join_lookback"] == {"days": 1, "hours": 6, "minutes": 0}
    code = out / "traffic" / "1" / "spec" / spec["feature_transformation"]["transformation_code"]["path"]
    module, _, name = spec["feature_transformation"]["transformation_code"]["transformer_class"].partition(".")
    classes = [
        node.name for node in ast.parse((code / f"{module}.py").read_text()).body if isinstance(node, ast.ClassDef)
    ]
    assert classes == [name]


LENGTHS = [
    (timedelta(microseconds=1), (0, 0, 1)),
    (timedelta(seconds=90), (0, 0, 2)),
    (timedelta(hours=26), (1, 2, 0)),
    (timedelta(days=400), (400, 0, 0)),
]


@pytest.mark.parametrize(("given", "wanted"), LENGTHS)
def test_a_length_of_time_is_never_shortened(given: timedelta, wanted: tuple[int, int, int]) -> None:
    assert tuple(azure.length(given).values()) == wanted


def test_without_an_entity_the_whole_table_is_the_one_of_its_kind(out: Path) -> None:
    entity, found = read(out / "city" / "1" / "entity.yml"), read(out / "city" / "1" / "featureset.yml")
    assert entity["name"] == entity["index_columns"][0]["name"] == "whole_table"
    assert found["entities"] == ["azureml:whole_table:1"]
    assert found["materialization_settings"]["schedule"] == {"type": "recurrence", "frequency": "hour", "interval": 6}


def loaded(folder: Path) -> tuple[Any, Any, Any]:
    """Entity, feature set and specification, as Azure's own library reads them."""
    from azure.ai.ml import load_feature_set, load_feature_store_entity
    from azure.ai.ml.entities._feature_set.featureset_spec_metadata import FeaturesetSpecMetadata

    spec = FeaturesetSpecMetadata.load(folder / "spec" / "FeatureSetSpec.yaml")
    return load_feature_store_entity(folder / "entity.yml"), load_feature_set(folder / "featureset.yml"), spec


def sets_of_the_repo(root: Path) -> tuple[FeatureSet, ...]:
    return extended.feature_sets(project.load(root / "project.toml").schema_only)


def test_azures_own_library_takes_the_files_of_this_repo(tmp_path: Path, root: Path) -> None:
    for found in (*sets_of_the_repo(root), *world.sets(world.SCHEMA), ODD):
        azure.export((found,), tmp_path, SOURCE)
        entity, feature_set, spec = loaded(tmp_path / found.name / found.version)
        assert entity.index_columns[0].name == found.index
        assert feature_set.entities == [f"azureml:{entity.name}:{entity.version}"]
        assert feature_set._to_rest_object().properties.materialization_settings.store_type
        assert [it.name for it in spec.features] == list(found.names)
        delay = spec.source.source_delay
        assert {"days": delay.days, "hours": delay.hours, "minutes": delay.minutes} == azure.length(found.delay)


SPOILT: dict[str, tuple[str, str, str]] = {
    "an entity without columns": ("entity.yml", "index_columns:", "index:"),
    "a set without entities": ("featureset.yml", "entities:", "entity:"),
    "a stage that there is not": ("featureset.yml", "stage: Development", "stage: Somewhere"),
    "a specification without features": ("spec/FeatureSetSpec.yaml", "features:", "feature:"),
}


@pytest.mark.parametrize(("name", "old", "new"), SPOILT.values(), ids=SPOILT)
def test_azures_own_library_refuses_what_is_spoilt(out: Path, name: str, old: str, new: str) -> None:
    from azure.ai.ml.exceptions import MlException
    from marshmallow.exceptions import MarshmallowError

    path = out / "traffic" / "1" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises((MlException, MarshmallowError, TypeError, KeyError)):
        loaded(out / "traffic" / "1")


def test_files_that_are_not_what_the_definitions_say_are_named(out: Path) -> None:
    both = world.sets(world.SCHEMA)
    azure.check(both, out, SOURCE)
    for path in [path for path in out.rglob("*") if path.is_file()]:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("1", "2", 1), encoding="utf-8")
        with pytest.raises(FeatureError, match="is not what") as caught:
            azure.check(both, out, SOURCE)
        assert str(path) in caught.value.problem
        path.unlink()
        with pytest.raises(FeatureError, match="does not exist"):
            azure.check(both, out, SOURCE)
        path.write_text(text, encoding="utf-8")
    with pytest.raises(FeatureError, match="is not what"):
        azure.check((world.traffic(ttl=world.DAY),), out, SOURCE)


@pytest.mark.parametrize("source", ["", "data/landed", "https://x/y", "abfss://"])
def test_a_source_that_spark_cannot_read_there_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(FeatureError, match="is no path of a cloud store"):
        azure.export((world.traffic(),), tmp_path, source)
    assert list(tmp_path.iterdir()) == []
