"""How good the model is on rows that came after its training, against a naive baseline, over all rows and by slice."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning

from .project import METRICS, Schema

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]
RESAMPLES, BLOCKS, MAX_SLICES, FEW = 200, 50, 20, 30


@dataclass(frozen=True)
class Slice:
    """The metric of `project.toml` over the test rows where `column` is `value`; None where it is not defined."""

    column: str
    value: str
    rows: int
    model: float | None
    baseline: float | None


@dataclass(frozen=True)
class Evaluation:
    """All that was measured on the test rows; `gain` is how much better the model is, 95 % surely `low` to `high`."""

    metric: str
    model: dict[str, float | None]
    baseline: dict[str, float | None]
    gain: float | None
    low: float | None
    high: float | None
    slices: tuple[Slice, ...]

    @property
    def verdict(self) -> str:
        """`better`, `not better` or `unclear`, than the baseline."""
        if self.gain is None or self.low is None or self.high is None:
            return "unclear"
        if self.low > 0:
            return "better"
        return "unclear" if self.gain > 0 else "not better"

    @property
    def sentence(self) -> str:
        """The result in words, said plainly where it is bad."""
        name, ours, naive = self.metric, shown(self.model[self.metric]), shown(self.baseline[self.metric])
        figures = f"{name} {ours}, baseline {naive}, gain {shown(self.gain)} [{shown(self.low)}, {shown(self.high)}]"
        words = {
            "better": "The model is better than the naive baseline",
            "not better": "THE MODEL IS NOT BETTER THAN THE NAIVE BASELINE: do not use it",
            "unclear": "It is UNCLEAR whether the model is better than the naive baseline",
        }
        return f"{words[self.verdict]}: {figures}."

    def as_json(self) -> dict[str, Any]:
        """What `metrics.json` holds."""
        return {**asdict(self), "verdict": self.verdict}


def evaluate(
    schema: Schema, train_labels: pd.Series, test: pd.DataFrame, labels: Labels, predicted: Floats, classes: list[str]
) -> Evaluation:
    """Judge `predicted`, as `score.predict` gives it, for the prepared rows `test` with the true `labels`."""
    predicted, classes = arranged(schema, predicted, classes)
    naive = baseline(schema, train_labels, len(labels), classes)
    names = METRICS[schema.training.task]
    model = {name: measure(name, labels, predicted, classes) for name in names}
    floor = {name: measure(name, labels, naive, classes) for name in names}
    gain, low, high = compare(schema, labels, predicted, naive, classes)
    parts = by_slice(schema, test, labels, predicted, naive, classes)
    return Evaluation(schema.metric.name, model, floor, gain, low, high, tuple(parts))


def arranged(schema: Schema, predicted: Floats, classes: list[str]) -> tuple[Floats, list[str]]:
    """Probabilities and classes in the order of `table.classes`, where that is given: its last is the positive one."""
    order = [name for name in schema.table.classes if name in classes]
    return (predicted[:, [classes.index(name) for name in order]], order) if order else (predicted, classes)


def baseline(schema: Schema, train_labels: pd.Series, rows: int, classes: list[str]) -> Floats:
    """What one would say without a model: the training rows' median (mean unless mae counts), or their class shares."""
    if not schema.classification:
        middle = train_labels.median() if schema.metric.name == "mae" else train_labels.mean()
        return np.full(rows, float(middle))
    shares = train_labels.value_counts(normalize=True).reindex(classes, fill_value=0.0)
    return np.tile(shares.to_numpy(dtype=np.float64), (rows, 1))


def measure(
    name: str, labels: Labels, predicted: Floats, classes: list[str], weights: Floats | None = None
) -> float | None:
    """One metric; None where it is not defined on these rows (such as an AUC over a single class)."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UndefinedMetricWarning)
        warnings.filterwarnings("ignore", message=".*single label was found.*")
        try:
            value = float(METRIC_OF[name](labels, predicted, classes, weights))
        except (UndefinedMetricWarning, ZeroDivisionError):
            return None
    return value if np.isfinite(value) else None


def log_loss(labels: Labels, predicted: Floats, classes: list[str], weights: Floats | None) -> float:
    """Mean of -log of the true class's probability, held above 1e-15, which a class never seen in training gets."""
    columns = pd.Index(classes).get_indexer(pd.Index(labels))
    given = np.where(columns >= 0, predicted[np.arange(len(labels)), columns], 0.0)
    return float(np.average(-np.log(np.clip(given, 1e-15, 1.0)), weights=weights))


def chosen(predicted: Floats, classes: list[str]) -> Labels:
    """The likeliest class of each row."""
    return np.asarray(np.array(classes, dtype=object)[predicted.argmax(axis=1)])


def positive(labels: Labels, classes: list[str]) -> npt.NDArray[np.bool_]:
    """Where the label is the last class, which is the one that binary metrics look for."""
    return np.asarray(labels == classes[-1], dtype=np.bool_)


METRIC_OF: dict[str, Any] = {
    "mae": lambda y, p, _, w: metrics.mean_absolute_error(y, p, sample_weight=w),
    "rmse": lambda y, p, _, w: metrics.root_mean_squared_error(y, p, sample_weight=w),
    "r2": lambda y, p, _, w: metrics.r2_score(y, p, sample_weight=w),
    "roc_auc": lambda y, p, c, w: metrics.roc_auc_score(positive(y, c), p[:, -1], sample_weight=w),
    "average_precision": lambda y, p, c, w: metrics.average_precision_score(positive(y, c), p[:, -1], sample_weight=w),
    "log_loss": log_loss,
    "f1": lambda y, p, c, w: metrics.f1_score(positive(y, c), p[:, -1] > 0.5, sample_weight=w, zero_division=0.0),
    "accuracy": lambda y, p, c, w: metrics.accuracy_score(y, chosen(p, c), sample_weight=w),
    "f1_macro": lambda y, p, c, w: metrics.f1_score(
        y, chosen(p, c), average="macro", sample_weight=w, zero_division=0.0
    ),
}


def compare(
    schema: Schema, labels: Labels, predicted: Floats, naive: Floats, classes: list[str]
) -> tuple[float | None, float | None, float | None]:
    """(gain, low, high): how much better than `naive`, with a 95 % bootstrap interval.

    Whole stretches of time are drawn, not rows: neighbours resemble each other, and rows drawn singly would make the
    interval too narrow.
    """
    sign = 1.0 if schema.metric.direction == "higher" else -1.0

    def gain(weights: Floats | None) -> float | None:
        ours, theirs = (measure(schema.metric.name, labels, it, classes, weights) for it in (predicted, naive))
        return None if ours is None or theirs is None else sign * (ours - theirs)

    blocks = np.arange(len(labels)) * min(BLOCKS, len(labels)) // len(labels)
    generator = np.random.default_rng(schema.training.seed)
    count = int(blocks[-1]) + 1
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    found = [it for it in (gain(row[blocks].astype(np.float64)) for row in drawn) if it is not None]
    if len(found) < RESAMPLES / 2:
        return gain(None), None, None
    low, high = np.quantile(found, [0.025, 0.975])
    return gain(None), float(low), float(high)


def by_slice(
    schema: Schema, test: pd.DataFrame, labels: Labels, predicted: Floats, naive: Floats, classes: list[str]
) -> list[Slice]:
    """The metric by each value of `training.slices`, worst first is left to the reader: the order is the values'."""
    out = []
    for column in schema.training.slices:
        groups = grouped(test[column], categorical=column in schema.of_kind("categorical", "boolean"))
        kept = groups.value_counts().index[:MAX_SLICES]
        for value in sorted(kept, key=str):
            at = (groups == value).to_numpy(dtype=np.bool_)
            both = (measure(schema.metric.name, labels[at], it[at], classes) for it in (predicted, naive))
            out.append(Slice(column, str(value), int(at.sum()), *both))
    return out


def grouped(values: pd.Series, *, categorical: bool) -> pd.Series:
    """The slice of each row: its value, the quarter of the range of a number with many values, or `missing`."""
    if categorical or values.nunique() <= MAX_SLICES:
        named = [shown(value) if isinstance(value, float) else str(value) for value in values]
    else:
        named = [str(value) for value in pd.qcut(values, 4, duplicates="drop", precision=2)]
    return pd.Series(named, index=values.index, dtype=object).mask(values.isna(), "missing")


def shown(value: float | None) -> str:
    """A figure for people: four digits, `n/a` where there is none."""
    return "n/a" if value is None else f"{value:.4g}"
