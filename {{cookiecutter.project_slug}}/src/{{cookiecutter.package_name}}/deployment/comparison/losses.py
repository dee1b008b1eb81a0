"""What a prediction costs once its outcome is known: a loss of one row whose mean the project's metric is, or follows.

| metric | loss of a row | |
| --- | --- | --- |
| mae | absolute error | its mean is the metric |
| rmse, r2 | squared error | no means of rows, but both order models on the same rows as it does |
| log_loss | -log of the true class's probability | its mean is the metric |
| accuracy | 0 right, 1 wrong | its mean is one less the metric |
| roc_auc, average_precision | as log_loss | stand-in: they are of ranks, and no row has one |
| f1, f1_macro | 0 right, else 1 / (classes * share of the true class) | stand-in: rare classes weigh as much |

Where the record has no probabilities, 0 or 1 stands in for them too; the verdict says which loss was used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...model import frame
from ...model.project import Schema

Floats = npt.NDArray[np.float64]
SMALLEST = 1e-15  # of a probability, as in model/evaluate.py
RANKS, RARE = ("roc_auc", "average_precision"), ("f1", "f1_macro")


@dataclass(frozen=True)
class Answers:
    """Predictions and outcomes of some rows: numbers, or texts of classes; `given` is the true class's probability."""

    predicted: npt.NDArray[Any]
    actual: npt.NDArray[Any]
    given: Floats


@dataclass(frozen=True)
class Loss:
    """`of` gives the losses of rows, NaN where there is none; `bounded` that none can cost more than a little."""

    name: str
    of: Callable[[Answers], Floats]
    bounded: bool = False


def choose(schema: Schema, probabilities: bool) -> Loss:
    """The loss for the project's metric, and for what the record holds."""
    metric = schema.metric.name
    if not schema.classification:
        if metric == "mae":
            return Loss("absolute error", absolute)
        return Loss(f"squared error, for {metric} is no mean of rows", squared)
    if metric in RARE:
        why = f"rare classes weighing as much, for {metric} is no mean of rows"
        return Loss(f"right or wrong, {why}", balanced, bounded=True)
    if metric == "accuracy":
        return Loss("right or wrong", wrong, bounded=True)
    if not probabilities:
        return Loss(f"right or wrong, for the record has no probabilities for {metric}", wrong, bounded=True)
    why = f", for {metric} is of ranks and no mean of rows" if metric in RANKS else ""
    return Loss(f"log loss{why}", surprise)


def absolute(rows: Answers) -> Floats:
    return np.asarray(np.abs(rows.predicted - rows.actual))


def squared(rows: Answers) -> Floats:
    return np.asarray((rows.predicted - rows.actual) ** 2)


def wrong(rows: Answers) -> Floats:
    return np.asarray((rows.predicted != rows.actual).astype(np.float64))


def balanced(rows: Answers) -> Floats:
    """Each class costs as much as the others, however rare it is among these rows."""
    classes, codes, counts = np.unique(rows.actual.astype(str), return_inverse=True, return_counts=True)
    return wrong(rows) * (len(rows.actual) / (len(classes) * counts))[codes]


def surprise(rows: Answers) -> Floats:
    return np.asarray(-np.log(np.clip(rows.given, SMALLEST, 1.0)))


def answers(predictions: pd.Series, outcomes: pd.Series, schema: Schema) -> tuple[Answers, npt.NDArray[np.bool_], bool]:
    """(answers, where both sides can be read, whether each has probabilities), of predictions as they are recorded.

    A record is a number, a class, or what the service answers, `{"prediction": ..., "probabilities": {...}}`, as an
    object or as its JSON text.
    """
    if not schema.classification:
        predicted, actual = number(predictions), number(outcomes)
        read = np.isfinite(predicted) & np.isfinite(actual)
        return Answers(predicted, actual, np.full(len(predicted), np.nan)), read, False
    opened = predictions.map(opened_up)
    named = [np.array([frame.category(value) for value in it.map(said)], dtype=object) for it in (opened, outcomes)]
    given = np.array([chance(it, actual) for it, actual in zip(opened, named[1], strict=True)])
    read = np.array([None not in pair for pair in zip(*named, strict=True)], dtype=bool)
    return (
        Answers(named[0], named[1], given.astype(np.float64)),
        read,
        bool(len(given)) and not np.isnan(given[read]).any(),
    )


def chance(said: object, actual: str | None) -> float:
    """The probability that was given to the class that came true; NaN where none were recorded."""
    known = said.get("probabilities") if isinstance(said, Mapping) else None
    return float(known.get(actual, 0.0)) if isinstance(known, Mapping) else float("nan")


def number(values: pd.Series) -> Floats:
    """Numbers as they are recorded; NaN for anything else."""
    plain = values if pd.api.types.is_numeric_dtype(values) else values.map(said)
    return pd.to_numeric(plain, errors="coerce").to_numpy(np.float64)


def opened_up(value: object) -> object:
    """A recorded prediction whose JSON text is read, where it is one."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def said(value: object) -> object:
    """The prediction itself."""
    inner = opened_up(value)
    return inner.get("prediction") if isinstance(inner, Mapping) else inner


def cap(losses: Floats, first: int, quantile: float) -> float:
    """Above what a loss counts no more: a quantile of the champion's `first` losses, or the greatest where it is 0.

    Fixed early and by the champion alone, so that nothing the challenger does moves it. Without it a mean of losses of
    any size would have no large-sample interval.
    """
    early = losses[:first]
    if not len(early):
        return 0.0
    found = float(np.quantile(early, quantile))
    return found if found > 0 else float(early.max())
