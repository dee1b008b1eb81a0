"""The pictures of the model card, drawn without a screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from . import frame as frames
from .evaluate import arranged, measure

if TYPE_CHECKING:
    from .train import Fitted

ROWS, MAX_BARS, BINS = 2_000, 20, 10


def draw(fitted: Fitted, folder: Path) -> list[Path]:
    """Write every picture that fits the task into `folder`; gives their paths."""
    folder.mkdir()
    figures = {"importance": importance(fitted)}
    if fitted.schema.classification:
        figures["calibration"] = calibration(fitted)
    else:
        figures |= {"predicted": against(fitted), "residuals": residuals(fitted)}
    if fitted.evaluation.slices:
        figures["slices"] = slices(fitted)
    return [save(figure, folder / f"{name}.png") for name, figure in figures.items()]


def save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=90, metadata={"Software": ""})  # no version inside: same figures, same bytes
    return path


def canvas(title: str, across: str, up: str) -> tuple[Figure, Any]:
    """An empty picture with one set of axes."""
    figure = Figure(figsize=(6.5, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=across, ylabel=up)
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def thinned(fitted: Fitted) -> npt.NDArray[np.int64]:
    """At most `ROWS` positions of test rows, evenly over time: a plot of more shows nothing more."""
    count = len(fitted.test)
    return np.unique(np.linspace(0, count - 1, min(ROWS, count)).astype(np.int64))


def against(fitted: Fitted) -> Figure:
    """Predicted against actual."""
    at = thinned(fitted)
    actual, predicted = fitted.labels[at].astype(np.float64), fitted.predicted[at]
    figure, axes = canvas("Predicted and actual, test rows", "actual", "predicted")
    axes.scatter(actual, predicted, s=8, alpha=0.4, linewidths=0)
    ends = [min(actual.min(), predicted.min()), max(actual.max(), predicted.max())]
    axes.plot(ends, ends, color="black", linewidth=1)
    return figure


def residuals(fitted: Fitted) -> Figure:
    """Actual minus predicted over time: a level that moves says that the world did."""
    at = thinned(fitted)
    times = fitted.test[fitted.schema.table.timestamp].iloc[at].to_numpy()
    figure, axes = canvas("Residuals over time, test rows", "time", "actual - predicted")
    axes.scatter(times, fitted.labels[at].astype(np.float64) - fitted.predicted[at], s=8, alpha=0.4, linewidths=0)
    axes.axhline(0.0, color="black", linewidth=1)
    figure.autofmt_xdate()
    return figure


def calibration(fitted: Fitted) -> Figure:
    """For each class, how often it was right among rows given about the same probability."""
    predicted, classes = arranged(fitted.schema, fitted.predicted, fitted.classes)
    figure, axes = canvas("Calibration, test rows", "predicted probability", "share that was so")
    for name in classes[-1:] if len(classes) == 2 else classes[:MAX_BARS]:
        given, happened = predicted[:, classes.index(name)], fitted.labels == name
        bins = np.minimum((given * BINS).astype(int), BINS - 1)
        by_bin = pd.DataFrame({"given": given, "happened": happened.astype(float)}).groupby(bins).mean()
        axes.plot(by_bin["given"], by_bin["happened"], marker="o", label=name)
    axes.plot([0, 1], [0, 1], color="black", linewidth=1)
    axes.legend()
    return figure


def importance(fitted: Fitted) -> Figure:
    """By how much the metric gets worse when one column's values are shuffled among the test rows."""
    found = sorted(permuted(fitted).items(), key=lambda pair: pair[1])[-MAX_BARS:]
    figure, axes = canvas("Permutation importance", f"loss of {fitted.schema.metric.name} when shuffled", "")
    axes.barh([name for name, _ in found], [loss for _, loss in found])
    return figure


def permuted(fitted: Fitted) -> dict[str, float]:
    """Column -> loss of the metric when that column is shuffled; 0 where the metric is not defined."""
    schema, at = fitted.schema, thinned(fitted)
    rows, labels = frames.prepare(fitted.test, schema).iloc[at], fitted.labels[at]
    generator = np.random.default_rng(schema.training.seed)
    sign = 1.0 if schema.metric.direction == "higher" else -1.0

    def metric(frame: pd.DataFrame) -> float:
        predict = fitted.pipeline.predict_proba if schema.classification else fitted.pipeline.predict
        predicted, classes = arranged(schema, np.asarray(predict(frame), dtype=np.float64), fitted.classes)
        return measure(schema.metric.name, labels, predicted, classes) or 0.0

    whole = metric(rows)
    order = generator.permutation(len(rows))
    shuffled = {name: rows.assign(**{name: rows[name].to_numpy()[order]}) for name in schema.prepared}
    return {name: sign * (whole - metric(frame)) for name, frame in shuffled.items()}


def slices(fitted: Fitted) -> Figure:
    """The metric of each slice beside the baseline's."""
    found = fitted.evaluation.slices[:MAX_BARS]
    figure, axes = canvas("By slice, test rows", fitted.schema.metric.name, "")
    places = np.arange(len(found))
    for offset, name in ((0.2, "model"), (-0.2, "baseline")):
        axes.barh(places + offset, [getattr(part, name) or 0.0 for part in found], height=0.4, label=name)
    axes.set_yticks(places, [f"{part.column} = {part.value} ({part.rows:,})" for part in found])
    axes.legend()
    return figure
