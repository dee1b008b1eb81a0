"""Scoring by hand, by the pipeline as it was handed off: what every faster way must agree with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import DataError
from . import frame as frames
from . import handoff as handoffs
from .handoff import Handoff
from .project import Schema

Item = dict[str, Any]


def items(handoff: Handoff, records: list[dict[str, Any]]) -> list[Item]:
    """One item a record, in order: `{"prediction": ...}`, with `probabilities` by class for a classifier.

    Raises `DataError` naming the first record that lacks a column or holds a value that is not of its kind.
    """
    inputs = handoff.schema.inputs
    for number, record in enumerate(records):
        if lacking := [name for name in inputs if name not in record]:
            fix = f"send all of {', '.join(inputs)}; null where unknown"
            raise DataError(f"record {number} has no {lacking[0]!r}", fix=fix)
    if not records:
        return []
    columns = {name: pd.Series([record[name] for record in records], dtype=object) for name in inputs}
    return outputs(handoff, frames.typed(pd.DataFrame(columns), handoff.schema))


def outputs(handoff: Handoff, typed: pd.DataFrame) -> list[Item]:
    """The items for typed rows."""
    predicted = predict(handoff, typed)
    if not handoff.schema.classification:
        return [{"prediction": value} for value in predicted.tolist()]
    classes = [str(name) for name in handoff.pipeline.classes_]
    best = predicted.argmax(axis=1).tolist()
    rows = zip(best, predicted.tolist(), strict=True)
    return [{"prediction": classes[top], "probabilities": dict(zip(classes, row, strict=True))} for top, row in rows]


def predict(handoff: Handoff, typed: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Predictions (rows,) for regression, else probabilities (rows, classes) in the order of `pipeline.classes_`."""
    prepared = frames.prepare(typed, handoff.schema)
    answer = handoff.pipeline.predict_proba if handoff.schema.classification else handoff.pipeline.predict
    return np.asarray(answer(prepared), dtype=np.float64)


def frame_scores(handoff: Handoff, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` as read -> its key and timestamp, `prediction`, and `probability_<class>` for a classifier."""
    schema = handoff.schema
    typed = frames.typed(frame, schema)
    named = [name for name in (*schema.table.key, schema.table.timestamp) if name in frame.columns]
    out = typed[list(dict.fromkeys(named))].copy()
    predicted = predict(handoff, typed)
    if not schema.classification:
        return out.assign(prediction=predicted)
    classes = [str(name) for name in handoff.pipeline.classes_]
    out["prediction"] = np.array(classes, dtype=object)[predicted.argmax(axis=1)]
    return out.assign(**{f"probability_{name}": predicted[:, at] for at, name in enumerate(classes)})


def run(data: Path, model: Path, out: Path) -> tuple[pd.DataFrame, list[str]]:
    """Score the table in `data` and write it to `out`; gives the scores and what is odd about the rows."""
    loaded = handoffs.load(model)
    rows = frames.read(data)
    scores = frame_scores(loaded, rows)
    frames.write(scores, out)
    return scores, frames.oddities(frames.typed(rows, loaded.schema), loaded.schema)


def sample(typed: pd.DataFrame, schema: Schema, count: int) -> list[Item]:
    """`count` rows spread over `typed` as records that a caller could send: JSON values, timestamps as ISO text."""
    at = np.unique(np.linspace(0, len(typed) - 1, count).astype(int))
    rows = typed.iloc[at]
    return [{name: plain(row[name], name, schema) for name in schema.inputs} for _, row in rows.iterrows()]


def plain(value: Any, name: str, schema: Schema) -> str | float | int | bool | None:
    """One typed value as JSON has it."""
    if value is None or value != value:
        return None
    if name == schema.table.timestamp:
        return str(pd.Timestamp(value).isoformat())
    if schema.columns[name].kind == "categorical":
        return str(value)
    if schema.columns[name].kind == "boolean":
        return bool(value)
    return int(value) if float(value).is_integer() else float(value)
