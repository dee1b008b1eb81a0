"""project.toml: each mistake is answered by the key, the value and the fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import durations, project

from . import tables

MISTAKES: dict[str, tuple[str, Any, list[str]]] = {
    "unknown metric": ("metric.name", "maa", ["'maa'", "mae"]),
    "wrong direction": ("metric.direction", "higher", ["'higher'", "'lower'"]),
    "unknown task": ("training.task", "clustering", ["training.task", "'clustering'", "regression"]),
    "unknown estimator": ("training.estimator", "xgboost", ["training.estimator", "'xgboost'", "random-forest"]),
    "test fraction of one": ("training.test_fraction", 1, ["training.test_fraction", "1", "less than 1"]),
    "unknown slice": ("training.slices", ["plac"], ["'plac'", "place"]),
    "duration without unit": ("table.label_delay", "2", ["table.label_delay", "'2'", "'2h'"]),
    "misspelt key": ("table.timestmp", "at", ["table.timestmp", "timestamp"]),
    "misspelt key of a column": ("columns.size.kid", "number", ["columns.size.kid", "'number'", "'kind'"]),
    "misspelt table": ("colums", {}, ["colums", "'columns'"]),
    "target as feature": ("table.target", "size", ["'size'", "[columns.size]"]),
    "timestamp as feature": ("table.timestamp", "size", ["'size'", "[columns.size]"]),
    "unknown kind": ("columns.size.kind", "number", ["columns.size.kind", "'number'", "numeric"]),
    "range of a category": ("columns.place.min", 1, ["columns.place", "numeric"]),
    "calendar that is a column": ("columns.hour", {"kind": "numeric"}, ["'hour'", "features.calendar"]),
    "url and folder": ("source.url", "sqlite:///x.db", ["source", "folder"]),
}


@pytest.mark.parametrize(("key", "value", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_value_and_the_fix(key: str, value: Any, said: list[str]) -> None:
    raw = tables.raw()
    at: dict[str, Any] = raw
    *path, last = key.split(".")
    for step in path:
        at = at[step]
    at[last] = value
    with pytest.raises(errors.ProjectError) as caught:
        project.parse(raw)
    assert [word for word in said if word not in str(caught.value)] == []


def test_no_columns_is_refused() -> None:
    with pytest.raises(errors.ProjectError, match="columns is empty"):
        project.parse({**tables.raw(), "columns": {}})


def test_a_missing_file_and_a_broken_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(errors.ProjectError, match="does not exist"):
        project.load(tmp_path / "project.toml")
    (tmp_path / "project.toml").write_text("[table\n", encoding="utf-8")
    with pytest.raises(errors.ProjectError, match="is not TOML"):
        project.load(tmp_path / "project.toml")


def test_the_repos_own_file_loads() -> None:
    assert project.load(Path(__file__).parents[2] / "project.toml").columns


def test_a_schema_survives_json_and_leaves_the_source_behind() -> None:
    whole = project.parse(tables.raw(label_delay="90m"))
    text = whole.schema_only.model_dump_json()
    assert "source" not in text
    assert project.Schema.model_validate_json(text) == whole.schema_only
    assert whole.inputs == ("at", "size", "warm", "place", "open")
    assert whole.prepared == ("size", "warm", "place", "open", "hour", "weekday")


@pytest.mark.parametrize("text", ["45s", "90m", "2h", "3d", "1w", "0s"])
def test_durations_read_back(text: str) -> None:
    assert durations.format_duration(durations.parse_duration(text)) == text
