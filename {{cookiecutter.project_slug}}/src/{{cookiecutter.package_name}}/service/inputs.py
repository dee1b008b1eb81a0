"""What a fitted ColumnTransformer does to each prepared column, as numbers and tables that need no pandas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

Floats = npt.NDArray[np.float64]
Value = float | str | None
Row = tuple[Value, ...]  # a prepared row: floats and category texts in the order of `schema.prepared`, None is missing
UNSEEN = "\x00 a category that no training row had"
NAN = float("nan")
LIMIT = 3.4e38  # the greatest number that a request may hold: forests compute in 32 bits


class UnsupportedError(Exception):
    """A part of a pipeline that cannot be compiled; the text names it."""


@dataclass(frozen=True)
class Number:
    """A column that enters the model as one number: `(x - shift) / scale`, and `fill` before that where missing."""

    at: int
    features: tuple[int, ...]
    fill: float = NAN
    shift: float = 0.0
    scale: float = 1.0

    def values(self, column: Sequence[Value]) -> Floats:
        """(rows,) -> (rows, 1), as the model sees them."""
        found = np.array(column, dtype=np.float64)
        if self.fill == self.fill:
            found = np.where(np.isnan(found), self.fill, found)
        return np.asarray(((found - self.shift) / self.scale)[:, None])


@dataclass(frozen=True)
class Lookup:
    """A column of categories: `codes` gives the row of `table` for a text, None is missing, `unseen` is any other."""

    at: int
    features: tuple[int, ...]
    codes: dict[Value, int]
    unseen: int
    table: Floats

    def rows(self, column: Sequence[Value]) -> npt.NDArray[np.intp]:
        """(rows,) -> the row of `table` of each."""
        return np.array([self.codes.get(value, self.unseen) for value in column], dtype=np.intp)

    def values(self, column: Sequence[Value]) -> Floats:
        """(rows,) -> (rows, width), as the model sees them."""
        return np.asarray(self.table[self.rows(column)])


Input = Number | Lookup


def read(columns: ColumnTransformer, names: tuple[str, ...]) -> list[Input]:
    """Every column that `columns` takes of the prepared ones. Raises `UnsupportedError` naming what it cannot read."""
    found: list[Input] = []
    for name, step, taken in columns.transformers_:
        if isinstance(step, str) and step == "drop":
            continue
        if not all(isinstance(column, str) for column in taken):
            raise UnsupportedError(f"step {name!r} takes columns by number")
        first, places = columns.output_indices_[name].start, [names.index(column) for column in taken]
        if any(hasattr(part, "categories_") for part in flat(step)):
            found += lookups(step, list(taken), places, first)
        else:
            found += numbers(step, places, first)
    return found


def flat(step: Any) -> list[Any]:
    """A step, or those of a pipeline."""
    return [part for _, inner in step.steps for part in flat(inner)] if isinstance(step, Pipeline) else [step]


def numbers(step: Any, places: list[int], first: int) -> Iterator[Number]:
    """Imputer and scaler, read from what they learned."""
    count = len(places)
    fill, shift, scale = np.full(count, NAN), np.zeros(count), np.ones(count)
    scaled = False
    for part in flat(step):
        if part == "passthrough" or (isinstance(part, FunctionTransformer) and part.func is None):
            continue
        if type(part) is SimpleImputer and not scaled and not part.add_indicator:
            fill = np.asarray(part.statistics_, dtype=np.float64)
        elif type(part) is StandardScaler and not scaled:
            shift = shift if part.mean_ is None or not part.with_mean else part.mean_
            scale = scale if part.scale_ is None else part.scale_
            scaled = True
        else:
            raise UnsupportedError(f"{type(part).__name__} over numbers")
    for number, place in enumerate(places):
        yield Number(place, (first + number,), float(fill[number]), float(shift[number]), float(scale[number]))


def lookups(step: Any, taken: list[str], places: list[int], first: int) -> Iterator[Lookup]:
    """Encoders of categories: run once over every category, an unseen one and a missing one, and their output kept."""
    encoder = next(part for part in flat(step) if hasattr(part, "categories_"))
    known = [[value for value in values if isinstance(value, str)] for values in encoder.categories_]
    offset = 0
    for number, (place, texts) in enumerate(zip(places, known, strict=True)):
        frame = pd.DataFrame({name: [*texts, UNSEEN, None] for name in taken}, dtype=object)
        for other, (name, values) in enumerate(zip(taken, known, strict=True)):
            if other != number:
                frame[name] = values[0] if values else None
        block = encoded(step, frame)
        width = widths(encoder, len(taken), block.shape[1])[number]
        codes: dict[Value, int] = {text: code for code, text in enumerate(texts)}
        codes[None] = len(texts) + 1
        features = tuple(range(first + offset, first + offset + width))
        yield Lookup(place, features, codes, len(texts), block[:, offset : offset + width])
        offset += width


def encoded(step: Any, frame: pd.DataFrame) -> Floats:
    """The step's output, dense."""
    try:
        out = step.transform(frame)
    except ValueError as error:
        raise UnsupportedError(f"{type(step).__name__} refuses unseen or missing categories: {error}") from None
    return np.asarray(out.toarray() if hasattr(out, "toarray") else out, dtype=np.float64)


def widths(encoder: Any, columns: int, total: int) -> list[int]:
    """How many features each column of an encoder gives."""
    if not isinstance(encoder, OneHotEncoder):
        found = [1] * columns
    else:
        rare = getattr(encoder, "infrequent_categories_", [None] * columns)
        dropped = [None] * columns if encoder.drop_idx_ is None else encoder.drop_idx_
        parts = zip(encoder.categories_, rare, dropped, strict=True)
        found = [len(all_) - (len(few) - 1 if few is not None else 0) - (drop is not None) for all_, few, drop in parts]
    if sum(found) != total:
        raise UnsupportedError(f"{type(encoder).__name__} gives {total} columns where {sum(found)} were expected")
    return found
