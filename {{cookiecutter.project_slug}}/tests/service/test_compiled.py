"""The compiled form is the pipeline, to 1e-9, for every estimator and task, or the pipeline serves and says why."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from {{cookiecutter.package_name}}.model import estimator, frame, train
from {{cookiecutter.package_name}}.service import compiled, inputs, proof, served

from . import made

ALL = [(task, name) for task in made.METRICS for name in ("hist-gradient-boosting", "random-forest", "linear")]
NATIVE: dict[str, Any] = {"early_stopping": False, "random_state": 1, "categorical_features": [5, 6]}  # after 5 numbers


def refit(fit: train.Fitted, model: Any, columns: Any = None) -> train.Fitted:
    """The same rows learned by another estimator, as a user may edit `estimator.py`."""
    steps = Pipeline([("columns", columns or estimator.coded(fit.schema)), ("model", model)])
    target = fit.train[fit.schema.table.target].to_numpy()
    return dataclasses.replace(fit, pipeline=steps.fit(frame.prepare(fit.train, fit.schema), target))


def worst(fit: train.Fitted) -> float:
    """The greatest difference on the test rows and on hostile ones."""
    fast = compiled.build(fit.pipeline, fit.schema)
    return proof.prove(fast, made.by_pipeline(fit), fit.schema, made.prepared(fit)).difference


@pytest.mark.parametrize(("task", "name"), ALL)
def test_every_estimator_and_task_compiles_to_the_same_numbers(task: str, name: str) -> None:
    fit = made.fitted(task, name)
    way = served.way(made.loaded(fit), made.prepared(fit))
    assert way.fast, way.sentence
    assert way.proof
    assert way.proof.rows > proof.ROWS
    assert way.proof.difference < proof.TOLERANCE


@pytest.mark.parametrize(("task", "name"), ALL)
def test_unseen_and_missing_values_are_the_same_on_both_paths(task: str, name: str) -> None:
    fit = made.fitted(task, name)
    usual = made.prepared(fit)[0]
    rows = [(*usual[:at], odd, *usual[at + 1 :]) for at in (2, 3) for odd in (None, "never seen", "", "North")]
    rows += [(*usual[:at], odd, *usual[at + 1 :]) for at in (0, 1, 4) for odd in (None, 0.0, -3.4e38, 3.4e38)]
    expected = made.by_pipeline(fit).predict(rows)
    fast = compiled.build(fit.pipeline, fit.schema)
    np.testing.assert_allclose(fast.predict(rows), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose([fast.predict([row])[0] for row in rows], expected, rtol=1e-9, atol=1e-9)


EDITED: dict[str, tuple[str, Any]] = {
    "a hundred leaves need two words": ("regression", HistGradientBoostingRegressor(max_leaf_nodes=100, **NATIVE)),
    "leaves without bound": ("regression", HistGradientBoostingRegressor(max_leaf_nodes=None, **NATIVE)),
    "33 leaves just leave 32 bits": ("multiclass", HistGradientBoostingClassifier(max_leaf_nodes=33, **NATIVE)),
    "one leaf": ("regression", HistGradientBoostingRegressor(min_samples_leaf=800, **NATIVE)),
    "counts, by their logarithm": ("regression", HistGradientBoostingRegressor(loss="poisson", **NATIVE)),
    "categories as numbers": ("binary", HistGradientBoostingClassifier(early_stopping=False, random_state=1)),
    "extra trees": ("regression", ExtraTreesRegressor(n_estimators=20, random_state=1)),
    "extra trees, classes": ("multiclass", ExtraTreesClassifier(n_estimators=20, random_state=1)),
    "a forest of full depth": ("regression", RandomForestRegressor(n_estimators=20, random_state=1)),
}


@pytest.mark.parametrize(("task", "model"), EDITED.values(), ids=EDITED)
def test_an_edited_estimator_compiles_too(task: str, model: Any) -> None:
    fit = made.fitted(task)
    assert worst(refit(fit, model)) < proof.TOLERANCE


ENCODERS: dict[str, Any] = {
    "rare ones together": OneHotEncoder(handle_unknown="ignore", max_categories=10, sparse_output=False),
    "sparse": OneHotEncoder(handle_unknown="ignore"),
    "the first dropped": OneHotEncoder(handle_unknown="ignore", drop="first", sparse_output=False),
    "unseen as rare": OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5, sparse_output=False),
}


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize("encoder", ENCODERS.values(), ids=ENCODERS)
def test_an_edited_encoder_compiles_too(encoder: Any) -> None:
    fit = made.fitted("regression", "linear")
    numbers = Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler(with_mean=False))])
    columns = estimator.by_kind(fit.schema, numbers, encoder)
    assert worst(refit(fit, Lasso(alpha=0.01), columns)) < proof.TOLERANCE


def test_what_cannot_be_compiled_is_served_by_the_pipeline_and_says_so() -> None:
    fit = made.fitted("regression", "linear")
    columns = fit.pipeline.steps[0][1]
    other = refit(fit, KNeighborsRegressor(), columns)
    way = served.way(made.loaded(other), made.prepared(other))
    assert not way.fast
    assert "the estimator KNeighborsRegressor is not supported" in way.sentence
    assert way.scorer.name == "pipeline"
    np.testing.assert_allclose(way.scorer.predict(made.prepared(other)), other.pipeline.predict(prepared_frame(other)))


def prepared_frame(fit: train.Fitted) -> Any:
    return frame.prepare(fit.test, fit.schema)


def test_an_own_function_over_numbers_is_not_guessed_at() -> None:
    fit = made.fitted("regression", "linear")
    columns = estimator.by_kind(fit.schema, FunctionTransformer(np.nan_to_num), OrdinalEncoder())
    with pytest.raises(inputs.UnsupportedError, match="FunctionTransformer over numbers"):
        inputs.read(columns.fit(prepared_frame(fit).fillna({"place": "x"})), fit.schema.prepared)


def test_an_encoder_that_refuses_unseen_categories_is_not_compiled() -> None:
    fit = made.fitted()
    columns = estimator.by_kind(fit.schema, "passthrough", OrdinalEncoder()).fit(prepared_frame(fit))
    with pytest.raises(inputs.UnsupportedError, match="refuses unseen"):
        inputs.read(columns, fit.schema.prepared)


@pytest.mark.parametrize("error", [1e-8, float("nan")])
def test_a_compiled_form_that_is_off_by_little_is_not_used(error: float, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = made.fitted()
    right = compiled.build(fit.pipeline, fit.schema)
    wrong = compiled.Compiled(right.engine, lambda raw: raw * (1.0 + error), classification=False)
    monkeypatch.setattr(compiled, "build", lambda *_: wrong)
    way = served.way(made.loaded(fit), made.prepared(fit))
    assert not way.fast
    assert "differs from it by" in way.why


def test_one_wrong_leaf_or_threshold_is_found() -> None:
    """The proof's rows reach into the model: a threshold moved by one step of a float changes some answer."""
    fit = made.fitted()
    fast = compiled.build(fit.pipeline, fit.schema)
    numbers = [part for part in fast.engine.lines if part.edges]  # type: ignore[attr-defined]
    before = proof.prove(fast, made.by_pipeline(fit), fit.schema, made.prepared(fit))
    for part in numbers:
        part.edges[:] = [float(np.nextafter(edge, -np.inf)) for edge in part.edges]
    after = proof.prove(fast, made.by_pipeline(fit), fit.schema, made.prepared(fit))
    assert before.holds
    assert not after.holds
