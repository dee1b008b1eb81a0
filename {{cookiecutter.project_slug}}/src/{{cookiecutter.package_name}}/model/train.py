"""`mlops train`: a table -> the hand-off folder. Same rows and seed, same figures and predictions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ..errors import DataError
from . import card, estimator, evaluate, handoff, plots, score, split, threads
from . import frame as frames
from .evaluate import Evaluation, Floats, Labels
from .project import Schema

FEWEST, SAMPLES = 50, 5
Echo = Callable[[str], None]


@dataclass(frozen=True)
class Fitted:
    """A fitted pipeline with the rows that it learned from and those that it is judged on, typed and in time order."""

    schema: Schema
    pipeline: Pipeline
    train: pd.DataFrame
    test: pd.DataFrame
    predicted: Floats
    evaluation: Evaluation

    @property
    def classes(self) -> list[str]:
        """The classes in the order of the probabilities' columns; none for regression."""
        return [str(name) for name in self.pipeline.classes_] if self.schema.classification else []

    @property
    def labels(self) -> Labels:
        """The test rows' true labels."""
        return np.asarray(self.test[self.schema.table.target].to_numpy())


@dataclass(frozen=True)
class Outcome:
    """What a training run gave."""

    folder: Path
    rows: int
    seconds: float
    evaluation: Evaluation


def run(schema: Schema, data: Path, out: Path, echo: Echo = lambda _: None) -> Outcome:
    """Read `data`, fit, judge, and write the hand-off folder `out`. `echo` gets a line at each step."""
    started = time.perf_counter()
    rows = table(frames.read(data), schema)
    echo(f"read {len(rows):,} rows with a label from {data}")
    for oddity in frames.oddities(rows, schema):
        echo(f"warning: {oddity}")
    with threads.for_rows(len(rows)):
        fitted = fit(rows, schema, echo)
        write(fitted, out)
    seconds = time.perf_counter() - started
    echo(f"wrote {out} in {seconds:.1f} s")
    echo(fitted.evaluation.sentence)
    return Outcome(out, len(rows), seconds, fitted.evaluation)


def table(raw: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Rows as read -> typed rows with a label, in time order."""
    wanted = tuple(dict.fromkeys((schema.table.timestamp, *schema.columns)))
    typed = frames.typed(raw, schema, columns=wanted)
    frames.require(raw, (schema.table.target,))
    typed[schema.table.target] = labelled(raw[schema.table.target], schema)
    known = typed[typed[schema.table.target].notna()]
    if len(known) < FEWEST:
        wrong = f"{len(known)} of {len(raw)} rows have a value in {schema.table.target!r}"
        raise DataError(wrong, fix=f"give at least {FEWEST} rows whose label is known")
    return frames.ordered(known, schema)


def labelled(values: pd.Series, schema: Schema) -> pd.Series:
    """The target: floats for regression, else class names. Raises `DataError` for a class that is not declared."""
    if not schema.classification:
        return frames.as_number(values)
    names = frames.as_category(values)
    found, declared = sorted(set(names.dropna())), schema.table.classes
    if declared and (strange := [name for name in found if name not in declared]):
        wrong = f"{schema.table.target!r} holds {strange[0]!r}, which is not in table.classes"
        raise DataError(wrong, fix="add it there, or correct the rows")
    if schema.training.task == "binary" and len(found) > 2:
        wrong = f"training.task is 'binary', and {schema.table.target!r} has the classes {', '.join(found[:9])}"
        raise DataError(wrong, fix="write task = 'multiclass'")
    return names


def fit(rows: pd.DataFrame, schema: Schema, echo: Echo = lambda _: None) -> Fitted:
    """Split typed rows by time, fit the pipeline on the earlier, judge it on the later."""
    train, test = split.by_time(rows, schema)
    check(train, schema)
    echo(f"fitting {schema.training.estimator} on {len(train):,} rows, judging it on the {len(test):,} that came after")
    pipeline = estimator.build(schema).fit(frames.prepare(train, schema), train[schema.table.target].to_numpy())
    prepared = frames.prepare(test, schema)
    answer = pipeline.predict_proba if schema.classification else pipeline.predict
    predicted = np.asarray(answer(prepared), dtype=np.float64)
    classes = [str(name) for name in pipeline.classes_] if schema.classification else []
    target = schema.table.target
    evaluation = evaluate.evaluate(schema, train[target], prepared, test[target].to_numpy(), predicted, classes)
    return Fitted(schema, pipeline, train, test, predicted, evaluation)


def check(train: pd.DataFrame, schema: Schema) -> None:
    """Raises `DataError` where nothing can be learned from the training rows."""
    target = schema.table.target
    if train[target].nunique() < 2:
        wrong = f"{target!r} is {frames.spoken(train[target].iloc[0])} in all {len(train)} training rows"
        raise DataError(wrong, fix="give rows over a longer time, or choose another table.target")
    for name in schema.columns:
        if train[name].isna().all():
            fix = f"remove {name} from [columns] in project.toml"
            raise DataError(f"{name!r} has no value in the training rows", fix=fix)


def write(
    fitted: Fitted, out: Path, *, model: bytes | None = None, also: Callable[[Path], None] = lambda _: None
) -> None:
    """Write the hand-off folder of a fitted pipeline.

    `model` are the bytes of a model file that is there already; `also` may add files of its own to the folder.
    """
    schema, times = fitted.schema, fitted.train[fitted.schema.table.timestamp]
    trained = {"rows": len(fitted.train), "from": times.iloc[0].isoformat(), "to": times.iloc[-1].isoformat()}
    model = handoff.dump(fitted.pipeline, schema) if model is None else model

    def fill(folder: Path) -> None:
        records = score.sample(fitted.test, schema, SAMPLES)
        loaded = handoff.Handoff(folder, schema, fitted.pipeline, "", trained)
        handoff.write_json(folder / handoff.REQUEST, {"records": records})
        handoff.write_json(folder / handoff.RESPONSE, {"predictions": score.items(loaded, records)})
        pictures = plots.draw(fitted, folder / handoff.PLOTS)
        handoff.write_json(folder / handoff.METRICS, metrics(fitted, trained))
        (folder / handoff.CARD).write_text(card.text(fitted, trained, pictures), encoding="utf-8", newline="\n")
        also(folder)

    handoff.write(out, model, schema, trained, fill)


def metrics(fitted: Fitted, trained: dict[str, Any]) -> dict[str, Any]:
    """What `metrics.json` holds."""
    times = fitted.test[fitted.schema.table.timestamp]
    test = {"rows": len(times), "from": times.iloc[0].isoformat(), "to": times.iloc[-1].isoformat()}
    return {"trained": trained, "test": test, **fitted.evaluation.as_json()}
