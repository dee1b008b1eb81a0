"""The step `train`: a model that MLflow and skops load, of reviewed types only, which comes out the same again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from {{cookiecutter.package_name}}.errors import DataError, ModelError
from {{cookiecutter.package_name}}.model import estimator, frame, handoff
from {{cookiecutter.package_name}}.model.project import Schema
from {{cookiecutter.package_name}}.training import fit, parts
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


@pytest.fixture
def side(place: Workspace) -> Path:
    """The rows that the run has learned from."""
    (found,) = place.runs.glob("*/split/train")
    return found


def test_what_was_saved_loads_by_both_ways_and_answers_alike(place: Workspace, side: Path) -> None:
    folder = made.folders(place).model
    rows, schema = parts.read(side)
    prepared = frame.prepare(rows, schema)
    ours, theirs = fit.load(folder, schema), mlflow.sklearn.load_model(str(folder))
    np.testing.assert_array_equal(ours.predict(prepared), theirs.predict(prepared))


def test_signature_example_and_exact_libraries_are_beside_it(place: Workspace) -> None:
    folder = made.folders(place).model
    about = mlflow.models.get_model_info(str(folder))
    assert [it.name for it in about.signature.inputs] == list(parts.read_schema(folder).prepared)
    assert about.saved_input_example_info is not None
    wanted = (folder / "requirements.txt").read_text(encoding="utf-8")
    assert all(f"{name}==" in wanted for name in fit.REQUIREMENTS)


def test_the_same_rows_give_the_same_model(side: Path, tmp_path: Path, notes: Path) -> None:
    assert fit.run(side, tmp_path / "one") == fit.run(side, tmp_path / "two")
    rows, schema = parts.read(side)
    prepared = frame.prepare(rows, schema)
    first, second = (fit.load(tmp_path / name, schema).predict(prepared) for name in ("one", "two"))
    np.testing.assert_array_equal(first, second)
    assert notes.is_file()


@pytest.mark.usefixtures("notes")
def test_what_was_learned_from_is_beside_it(side: Path, tmp_path: Path) -> None:
    learned = fit.run(side, tmp_path / "model")
    assert learned == made.read(tmp_path / "model" / fit.TRAINED)
    assert (learned["rows"], learned["from"]) == (len(parts.read(side)[0]), "2025-01-06T00:00:00")
    assert parts.read_schema(tmp_path / "model") == parts.read_schema(side)


def test_every_setting_is_a_parameter(side: Path, tmp_path: Path, notes: Path) -> None:
    fit.run(side, tmp_path / "model")
    said = made.read(notes)
    assert {"estimator": "linear", "seed": "7"}.items() <= said["params"].items()
    assert said["params"]["inputs"].startswith("km,zone,")
    assert any(name.startswith("model.") for name in said["params"])
    assert said["metrics"]["train_rows"] == len(parts.read(side)[0])


def unchanged(value: Any) -> Any:
    """A function of our own, which a model file must not name."""
    return value


def test_a_type_that_nobody_reviewed_is_refused_before_anything_is_written(
    side: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notes: Path
) -> None:
    usual = estimator.build

    def strange(schema: Schema) -> Pipeline:
        steps = usual(schema).steps
        return Pipeline([*steps[:-1], ("own", FunctionTransformer(unchanged)), steps[-1]])

    monkeypatch.setattr(estimator, "build", strange)
    with pytest.raises(ModelError, match="types that are not trusted"):
        fit.run(side, tmp_path / "model")
    assert not (tmp_path / "model").exists()
    assert not notes.exists()


def test_a_target_that_never_changes_teaches_nothing(side: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(side, tmp_path / "side")
    rows, schema = parts.read(copy)
    rows.assign(**{schema.table.target: 1.0}).to_parquet(copy / parts.ROWS, index=False)
    with pytest.raises(DataError, match=r"is 1\.0 in all"):
        fit.run(copy, tmp_path / "model")


def test_a_file_that_is_no_model_is_not_loaded(place: Workspace, side: Path) -> None:
    folder = made.folders(place).model
    (folder / handoff.MODEL).write_bytes(b"not a model")
    with pytest.raises(ModelError, match="is not a skops file"):
        fit.load(folder, parts.read_schema(side))
