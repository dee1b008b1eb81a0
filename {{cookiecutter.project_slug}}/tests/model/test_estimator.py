"""Every estimator on every task: missing values, categories that it never saw, and more categories than it can hold."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from {{cookiecutter.package_name}}.model import estimator, frame, handoff, project, trusted

from . import tables

TASKS = ("regression", "binary", "multiclass")
EVERY = list(itertools.product(TASKS, project.ESTIMATORS))


def answers(pipeline: Pipeline, schema: project.Schema, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    prepared = frame.prepare(frame.typed(rows, schema), schema)
    found = pipeline.predict_proba(prepared) if schema.classification else pipeline.predict(prepared)
    return np.asarray(found, dtype=np.float64)


@pytest.mark.parametrize(("task", "name"), EVERY, ids=[" ".join(both) for both in EVERY])
def test_missing_and_unseen_values_are_answered_alike_whatever_was_trained_on(task: str, name: str) -> None:
    schema, rows = tables.schema(task, name), tables.rows(task, 300)
    typed = frame.typed(rows, schema)
    labels = rows["y"].to_numpy()
    pipeline = estimator.build(schema).fit(frame.prepare(typed, schema), labels)
    strange = rows.head(3).astype({"place": object, "size": object})
    strange["place"] = ["never seen", None, "neither seen"]
    for name in ("size", "warm", "open", "at"):
        strange[name] = rows[name].iloc[0]
    got = answers(pipeline, schema, strange)
    assert np.isfinite(got).all()
    np.testing.assert_array_equal(got[0], got[2])
    np.testing.assert_array_equal(got[0], got[1])
    strange[["size", "warm", "open"]] = None
    assert np.isfinite(answers(pipeline, schema, strange)).all()


@pytest.mark.parametrize("name", project.ESTIMATORS)
def test_more_categories_than_boosting_can_hold(name: str) -> None:
    schema, rows = tables.schema(estimator=name), tables.rows(count=900)
    rows["place"] = [f"place {number % 450}" for number in range(900)]
    typed = frame.typed(rows, schema)
    pipeline = estimator.build(schema).fit(frame.prepare(typed, schema), rows["y"].to_numpy())
    assert np.isfinite(answers(pipeline, schema, rows)).all()


@pytest.mark.parametrize(("task", "name"), EVERY, ids=[" ".join(both) for both in EVERY])
def test_the_same_seed_gives_the_same_model_through_a_trusted_file(task: str, name: str) -> None:
    schema, rows = tables.schema(task, name), tables.rows(task, 300)
    prepared, labels = frame.prepare(frame.typed(rows, schema), schema), rows["y"].to_numpy()
    one, other = (estimator.build(schema).fit(prepared, labels) for _ in range(2))
    loaded = trusted.loads(handoff.dump(other, schema), schema.training.estimator, "model.skops")
    assert isinstance(loaded, Pipeline)
    np.testing.assert_array_equal(answers(one, schema, rows), answers(loaded, schema, rows))


@pytest.mark.parametrize("name", project.ESTIMATORS)
@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_a_table_of_one_kind_of_column(kind: str, name: str) -> None:
    column = "size" if kind == "numeric" else "place"
    raw = {**tables.raw(estimator=name), "columns": {column: {"kind": kind}}, "features": {}}
    raw["training"]["slices"] = []
    schema, rows = project.parse(raw).schema_only, tables.rows(count=200)
    typed = frame.typed(rows, schema)
    pipeline = estimator.build(schema).fit(frame.prepare(typed, schema), rows["y"].to_numpy())
    assert len(answers(pipeline, schema, rows)) == 200
