"""Cells as sources give them -> values. What cannot be read stays as text, so that it can be shown and counted."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..model import frame as frames

if TYPE_CHECKING:
    from .layout import Type

WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")
CODED_WHOLE = re.compile(r"-?\d+\.0+")
EARLIEST, LATEST = pd.Timestamp("1700-01-01"), pd.Timestamp("2262-01-01")  # that pandas can count in nanoseconds
TEXTS = frozenset({"string", "integer", "floating", "empty"})


def column(values: pd.Series, kind: Type) -> pd.Series:
    """Values of `kind`, missing as None or NaN, and beside them as text what is not of that kind."""
    good = PARSERS[kind](values)
    wrong = values.notna() & good.isna()
    if not wrong.any():
        return good
    out = good.astype(object).where(good.notna(), None)
    out[wrong] = [str(value) for value in values[wrong]]
    return out


def unread(values: pd.Series, kind: Type) -> pd.Series:
    """Where a parsed column holds text that is not of its kind."""
    if kind == "categorical" or values.dtype != object:
        return pd.Series(False, index=values.index)
    return values.map(lambda value: isinstance(value, str)).astype(bool)


def guess(values: pd.Series) -> Type | None:
    """The type of a key or watermark that `project.toml` does not declare: whole numbers, times, else text."""
    known = values.dropna()
    if known.empty:
        return None
    if whole(known).notna().all():
        return "integer"
    if pd.api.types.is_numeric_dtype(known):
        return "numeric"
    return "timestamp" if time(known).notna().mean() > 0.5 else "categorical"


def number(values: pd.Series) -> pd.Series:
    """Float64; text is read digit for digit, as Python does, so that a number stays the same through text."""
    if pd.api.types.is_numeric_dtype(values):
        out = values.astype("float64")
    else:
        out = pd.Series([as_float(value) for value in values], index=values.index, dtype="float64", name=values.name)
    return out.where(~np.isinf(out))


def as_float(value: Any) -> float:
    """A number or its text; NaN for anything else."""
    if value is None or value is pd.NA or (isinstance(value, str) and "_" in value):
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def whole(values: pd.Series) -> pd.Series:
    """Int64 where all are whole, else objects; never through a float, which would blur long numbers."""
    if pd.api.types.is_integer_dtype(values) and not values.isna().any():
        return values.astype("int64")
    out = [as_whole(value) for value in values]
    dtype = "int64" if out and None not in out else object
    return pd.Series(out, index=values.index, dtype=dtype, name=values.name)


def as_whole(value: Any) -> int | None:
    """A whole number or its text; None for anything else."""
    if isinstance(value, bool) or value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, str):
        return int(value.split(".")[0]) if WHOLE.fullmatch(value.strip()) else None
    try:
        out = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return out if out == value and abs(out) < 2**63 else None


def boolean(values: pd.Series) -> pd.Series:
    """1.0, 0.0 or NaN."""
    text = values.astype("string").str.strip().str.lower()
    out = pd.Series(float("nan"), index=values.index, dtype="float64", name=values.name)
    out[text.isin(frames.TRUE).fillna(False).astype(bool)] = 1.0
    out[text.isin(frames.FALSE).fillna(False).astype(bool)] = 0.0
    return out


def category(values: pd.Series) -> pd.Series:
    """Text or None. `1`, `1.0` and `"1.0"` are the same category, as in training and in requests."""
    if pd.api.types.infer_dtype(values, skipna=True) not in TEXTS:
        texts = [as_category(value) for value in values.astype(object)]
        return pd.Series(texts, index=values.index, dtype=object, name=values.name)
    codes, known = pd.factorize(values)  # a value's text is made once, not once a row
    texts = [*(as_category(value) for value in known.astype(object)), None]
    return pd.Series(np.array(texts, dtype=object)[codes], index=values.index, dtype=object, name=values.name)


def as_category(value: Any) -> str | None:
    """The canonical text of one value; a file of text writes `1.0` where a table has the number."""
    text = frames.category(value.isoformat() if isinstance(value, pd.Timestamp) else value)
    return text.split(".")[0] if text is not None and CODED_WHOLE.fullmatch(text) else text


def time(values: pd.Series) -> pd.Series:
    """Naive datetimes in UTC; a bare number is no time."""
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]", name=values.name)
    if pd.api.types.infer_dtype(values, skipna=True).startswith(("mixed", "integer", "floating", "decimal")):
        values = values.map(lambda value: value if isinstance(value, str | dt.date) else None)
    out = pd.to_datetime(values, utc=True, format="ISO8601", errors="coerce").dt.tz_localize(None)
    return out.where(out.between(EARLIEST, LATEST)).astype("datetime64[us]")


PARSERS: dict[Type, Callable[[pd.Series], pd.Series]] = {
    "timestamp": time,
    "numeric": number,
    "boolean": boolean,
    "categorical": category,
    "integer": whole,
}
