"""Rows through the service's own checks and scorer: predictions for the good ones, a reason for each of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import ValidationError

from ...service.inputs import Floats, Row
from ...service.records import Requests, finding
from ...service.served import Served
from . import cells
from .source import Chunk

NO_ANSWER = "the model has no answer to these values"


@dataclass(frozen=True)
class Scored:
    """A chunk's outcome: the places of the rows that have an answer, their answers, and why others have none."""

    places: list[int]
    predicted: Floats
    refused: dict[int, str]


def score(chunk: Chunk, looked_up: dict[str, list[float | None]], served: Served, requests: Requests) -> Scored:
    """Check and score a chunk; `looked_up` are inputs that the table does not have."""
    places, rows, refused = check(chunk, looked_up, served, requests)
    predicted, answered = predict(rows, served)
    refused |= {place: NO_ANSWER for place, good in zip(places, answered, strict=True) if not good}
    return Scored([place for place, good in zip(places, answered, strict=True) if good], predicted[answered], refused)


def check(
    chunk: Chunk, looked_up: dict[str, list[float | None]], served: Served, requests: Requests
) -> tuple[list[int], list[Row], dict[int, str]]:
    """(places, prepared rows) of the rows that the service would take, and the reasons against the others."""
    schema, validate = served.schema, requests.record.__pydantic_validator__.validate_python
    names = [name for name in schema.inputs if name not in looked_up]
    columns = [cells.values(chunk.rows[name], name, schema) for name in names] + list(looked_up.values())
    names += looked_up
    places, rows, refused = [], [], dict(chunk.broken)
    for place, row in enumerate(zip(*columns, strict=True)):
        if place in refused:
            continue
        try:
            rows.append(requests.row(validate(dict(zip(names, row, strict=True)))))
        except ValidationError as error:
            refused[place] = reason(error)
        else:
            places.append(place)
    return places, rows, refused


def reason(error: ValidationError) -> str:
    """All that is wrong with a row, with the values, as the service would say it."""
    found = [finding(detail) for detail in error.errors(include_url=False)]
    return "; ".join(f"{it.field} = {repr(it.value)[:80]}: {it.reason}" for it in found)


def predict(rows: Sequence[Row], served: Served) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Predictions of prepared rows, and where the model has one."""
    width = (len(served.classes),) if served.classes else ()
    if not rows:
        return np.zeros((0, *width)), np.zeros(0, dtype=bool)
    try:
        predicted = served.way.scorer.predict(rows)
    except ValueError:  # scikit-learn's word for values that it cannot take; which row has them, it does not say
        if len(rows) == 1:
            return np.full((1, *width), np.nan), np.zeros(1, dtype=bool)
        half = len(rows) // 2
        parts = [predict(rows[:half], served), predict(rows[half:], served)]
        return np.concatenate([it for it, _ in parts]), np.concatenate([it for _, it in parts])
    answered = np.isfinite(predicted).reshape(len(rows), -1).all(axis=1)
    return predicted, np.asarray(answered, dtype=np.bool_)


def answers(scored: Scored, served: Served) -> dict[str, pa.Array]:
    """The columns that scoring adds: `prediction`, and `probability_<class>` for a classifier."""
    if not served.classes:
        return {"prediction": pa.array(scored.predicted, pa.float64())}
    best = np.array(served.classes, dtype=object)[scored.predicted.argmax(axis=1)]
    chances = {f"probability_{name}": pa.array(scored.predicted[:, at]) for at, name in enumerate(served.classes)}
    return {"prediction": pa.array(best, pa.string()), **chances}


def columns(served: Served) -> list[str]:
    """The names of the columns that scoring adds."""
    return ["prediction", *(f"probability_{name}" for name in served.classes)]
