"""The pipeline that learns: ordinary scikit-learn, to be edited. Its columns come from the schema.

Keep to scikit-learn's own classes: a function of yours would be code inside the model file, which `trusted.py` refuses.
"""

from __future__ import annotations

from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from .project import Schema

MAX_CATEGORIES = 255  # what histogram boosting takes in one column; rarer categories share one code
NAN = float("nan")


def build(schema: Schema) -> Pipeline:
    """An unfitted pipeline over the frame that `frame.prepare` gives: step `columns`, then step `model`.

    Missing values and categories that were not seen in training never raise: trees treat both as missing,
    the linear model fills in the median and sets no category.
    """
    builders = {"hist-gradient-boosting": boosting, "random-forest": forest, "linear": linear}
    columns, model = builders[schema.training.estimator](schema)
    return Pipeline([("columns", columns), ("model", model)])


def boosting(schema: Schema) -> tuple[ColumnTransformer, Any]:
    """Histogram gradient boosting, which knows missing values and categories of itself."""
    first = len(numbers(schema))
    codes = list(range(first, first + len(schema.of_kind("categorical"))))
    # no early stopping: its validation rows are drawn at random, and so would lie in between the training rows
    options = {"categorical_features": codes or None, "early_stopping": False, "random_state": schema.training.seed}
    if schema.classification:
        return coded(schema), HistGradientBoostingClassifier(**options)
    loss = "absolute_error" if schema.metric.name == "mae" else "squared_error"
    return coded(schema), HistGradientBoostingRegressor(loss=loss, **options)


def forest(schema: Schema) -> tuple[ColumnTransformer, Any]:
    """A random forest over category codes; leaves of ten rows keep the file to a few megabytes."""
    options = {"n_estimators": 100, "min_samples_leaf": 10, "max_features": 0.5, "random_state": schema.training.seed}
    kind = RandomForestClassifier if schema.classification else RandomForestRegressor
    return coded(schema), kind(**options)


def linear(schema: Schema) -> tuple[ColumnTransformer, Any]:
    """Ridge or logistic regression over filled, scaled numbers and one column a category."""
    steps = [("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())]
    onehot = OneHotEncoder(handle_unknown="ignore", max_categories=MAX_CATEGORIES, sparse_output=False)
    columns = by_kind(schema, Pipeline(steps), onehot)
    return columns, LogisticRegression(max_iter=1000) if schema.classification else Ridge()


def coded(schema: Schema) -> ColumnTransformer:
    """Numbers as they are; categories as codes, NaN where missing or never seen."""
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=NAN,
        encoded_missing_value=NAN,
        max_categories=MAX_CATEGORIES,
    )
    return by_kind(schema, "passthrough", codes)


def by_kind(schema: Schema, number: Any, category: Any) -> ColumnTransformer:
    """`number` over the numeric, boolean and calendar columns, then `category` over the categorical ones."""
    parts = (("numeric", number, numbers(schema)), ("categorical", category, schema.of_kind("categorical")))
    return ColumnTransformer([part for part in parts if part[2]], verbose_feature_names_out=False)


def numbers(schema: Schema) -> list[str]:
    """The columns that the estimator takes as numbers, in the order of its input."""
    return [*schema.of_kind("numeric", "boolean"), *schema.features.calendar]
