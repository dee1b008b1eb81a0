"""The split's two sides: earlier and later rows, which come back typed as they were."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.features import retrieval
from {{cookiecutter.package_name}}.model import frame, handoff, project
from {{cookiecutter.package_name}}.training import parts

from . import made

SCHEMA = project.parse(tomllib.loads(made.PROJECT.replace('"1h"', '"2h"'))).schema_only


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A feature table as the step before leaves it."""
    rows = made.rows(500)
    rows.loc[::7, "zone"] = None
    folder = tmp_path / "table"
    frame.write(rows, folder / parts.TABLE)
    handoff.write_json(folder / parts.SCHEMA, SCHEMA.model_dump(mode="json"))
    (folder / retrieval.FILE).write_text("{}", encoding="utf-8")
    return folder


def test_earlier_rows_train_and_later_ones_judge(table: Path, tmp_path: Path) -> None:
    counts = parts.divide(table, tmp_path / "train", tmp_path / "test")
    (train, schema), (test, _) = parts.read(tmp_path / "train"), parts.read(tmp_path / "test")
    assert counts == (len(train), len(test)) == (399, 100)  # one label was not known at the cut
    assert train["at"].max() + schema.table.label_delay <= test["at"].min()
    assert schema == SCHEMA


def test_rows_come_back_typed_as_they_were(table: Path, tmp_path: Path) -> None:
    parts.divide(table, tmp_path / "train", tmp_path / "test")
    rows, _ = parts.read(tmp_path / "train")
    assert set(rows["zone"].dropna()) == {"north", "south"}
    assert rows["zone"].isna().sum() == 57
    assert all(value is None or isinstance(value, str) for value in rows["zone"])
    assert rows["km"].dtype == "float64"


def test_what_servers_need_travels_along(table: Path, tmp_path: Path) -> None:
    parts.divide(table, tmp_path / "train", tmp_path / "test")
    for side in ("train", "test"):
        assert (tmp_path / side / retrieval.FILE).read_text(encoding="utf-8") == "{}"


def test_a_folder_without_rows_is_refused(table: Path) -> None:
    with pytest.raises(DataError, match=r"holds no rows\.parquet"):
        parts.read(table)


def test_classes_are_text(tmp_path: Path) -> None:
    raw = SCHEMA.model_dump(mode="json") | {"metric": {"name": "f1", "direction": "higher"}}
    raw["training"] |= {"task": "binary", "estimator": "hist-gradient-boosting"}
    tmp_path.joinpath(parts.SCHEMA).write_text("{}", encoding="utf-8")
    made.rewrite(tmp_path / parts.SCHEMA, **raw)
    rows = made.rows(10).assign(minutes=[0, 1] * 5)
    rows.to_parquet(tmp_path / parts.ROWS)
    assert set(parts.read(tmp_path)[0]["minutes"]) == {"0", "1"}
