"""A fitted pipeline -> a scorer that gives the same numbers without pandas, where its parts are known.

Whether they are the same numbers is not believed but proven, on every load: see `proof.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

from ..model.project import Schema
from . import inputs
from .forest import Forest
from .inputs import Floats, Row, UnsupportedError
from .linear import Linear
from .masks import Masks

Finish = Callable[[Floats], Floats]


class Engine(Protocol):
    """What evaluates a final estimator: prepared rows -> its raw output (rows, outputs)."""

    name: str

    def predict(self, rows: Sequence[Row]) -> Floats: ...

    def edges(self) -> dict[int, list[float]]: ...


def identity(raw: Floats) -> Floats:
    return raw


def logistic(raw: Floats) -> Floats:
    """(rows, 1) log-odds -> (rows, 2) probabilities, without overflow."""
    small = np.exp(-np.abs(raw))
    positive = np.where(raw >= 0, 1.0, small) / (1.0 + small)
    return np.hstack([1.0 - positive, positive])


def softmax(raw: Floats) -> Floats:
    """(rows, classes) -> probabilities."""
    powers = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def probabilities(model: Any) -> Finish:
    """The link of a classifier by its number of classes."""
    return logistic if len(model.classes_) == 2 else softmax


def boosting_link(model: Any) -> Finish:
    """The link of a boosted regression: none, or the exponential of counts and amounts."""
    link = type(model._loss.link).__name__
    if link not in ("IdentityLink", "LogLink"):
        raise UnsupportedError(f"the link {link}")
    return identity if link == "IdentityLink" else np.exp


def no_link(_: Any) -> Finish:
    return identity


ENGINES: dict[type, tuple[Callable[[Any, list[inputs.Input]], Engine], Callable[[Any], Finish]]] = {
    HistGradientBoostingRegressor: (Masks, boosting_link),
    HistGradientBoostingClassifier: (Masks, probabilities),
    RandomForestRegressor: (Forest, no_link),
    RandomForestClassifier: (Forest, no_link),
    ExtraTreesRegressor: (Forest, no_link),
    ExtraTreesClassifier: (Forest, no_link),
    LogisticRegression: (Linear, probabilities),
    **dict.fromkeys((Ridge, LinearRegression, Lasso, ElasticNet), (Linear, no_link)),
}


class Compiled:
    """A pipeline as arrays."""

    def __init__(self, engine: Engine, finish: Finish, classification: bool) -> None:
        self.engine, self.finish, self.classification = engine, finish, classification
        self.name = f"compiled, {engine.name}"

    def predict(self, rows: Sequence[Row]) -> Floats:
        """Prepared rows -> predictions (rows,), or probabilities (rows, classes) for a classifier."""
        out = self.finish(self.engine.predict(rows))
        return out if self.classification else out[:, 0]


def build(pipeline: Pipeline, schema: Schema) -> Compiled:
    """The compiled form of a fitted pipeline. Raises `UnsupportedError` naming what it does not know."""
    steps = [step for _, step in pipeline.steps]
    if len(steps) != 2 or not isinstance(steps[0], ColumnTransformer):
        raise UnsupportedError("a pipeline that is not a ColumnTransformer and an estimator")
    columns, model = steps
    if type(model) not in ENGINES:
        raise UnsupportedError(f"the estimator {type(model).__name__}")
    engine, link = ENGINES[type(model)]
    return Compiled(engine(model, inputs.read(columns, schema.prepared)), link(model), schema.classification)
