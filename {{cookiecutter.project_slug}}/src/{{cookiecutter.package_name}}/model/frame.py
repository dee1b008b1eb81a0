"""Tables on disk -> frames whose columns have the kinds that `project.toml` says, in time order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from .messages import choices
from .project import Schema

MANIFEST = "manifest.json"
PARTS = {"hour": "hour", "weekday": "day_of_week", "day": "day", "month": "month", "dayofyear": "day_of_year"}
ZONE = r":\d\d.*(?:[zZ]|[+-]\d\d(?::?\d\d)?)$"
TRUE, FALSE = frozenset({"true", "1", "1.0", "yes"}), frozenset({"false", "0", "0.0", "no"})


def read(path: Path) -> pd.DataFrame:
    """A CSV file, a Parquet file, or a folder of Parquet files (those that its manifest lists, where it has one)."""
    if not path.exists():
        raise DataError(f"{path} does not exist", fix="set table.path in project.toml, or name the file")
    if path.is_dir():
        return read_folder(path)
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".csv":
        return read_csv(path)
    raise DataError(f"{path} ends in {path.suffix!r}", fix="give a .csv or .parquet file, or a folder of Parquet files")


def read_csv(path: Path) -> pd.DataFrame:
    """A CSV file. Raises `DataError` where it is empty, not UTF-8, or has lines of different lengths."""
    try:
        return pd.read_csv(path, low_memory=False)
    except pd.errors.EmptyDataError:
        raise DataError(f"{path} is empty", fix="export it again, with a header line") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a CSV file: {error}", fix="write it as UTF-8, separated by commas") from None


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a .csv or .parquet file, whole or not at all."""
    if path.suffix not in (".csv", ".parquet"):
        raise DataError(f"{path} ends in {path.suffix!r}", fix="name a .csv or .parquet file")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    if path.suffix == ".csv":
        frame.to_csv(part, index=False, lineterminator="\n", encoding="utf-8")
    else:
        frame.to_parquet(part, index=False)
    part.replace(path)


def read_folder(folder: Path) -> pd.DataFrame:
    """All rows of a folder; files that are not in the manifest are leftovers of a run that did not commit."""
    parts = list(files(folder))
    if not parts:
        raise DataError(f"{folder} holds no Parquet file", fix="run `mlops ingest` first, or name another folder")
    return pd.concat([pd.read_parquet(part, partitioning=None) for part in parts], ignore_index=True)


def files(folder: Path) -> Iterator[Path]:
    """The Parquet files of `folder` in the manifest's order; without a manifest, all of them by name."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        yield from sorted(folder.rglob("*.parquet"))
        return
    for row in json.loads(manifest.read_text(encoding="utf-8"))["files"]:
        yield folder / row["path"]


def typed(frame: pd.DataFrame, schema: Schema, *, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
    """`frame` with its feature columns as float (numeric, boolean) or object (categorical, missing as None).

    Extra columns stay as they are. Raises `DataError` with the column and a value that does not fit its kind.
    """
    wanted = schema.inputs if columns is None else columns
    require(frame, wanted)
    out = frame.copy()
    for name in wanted:
        if name == schema.table.timestamp:
            out[name] = as_timestamp(frame[name])
        elif schema.columns[name].kind == "categorical":
            out[name] = as_category(frame[name])
        elif schema.columns[name].kind == "boolean":
            out[name] = as_boolean(frame[name])
        else:
            out[name] = as_number(frame[name])
    return out


def require(frame: pd.DataFrame, names: tuple[str, ...]) -> None:
    """Raises `DataError` for the first of `names` that `frame` does not have."""
    for name in names:
        if name not in frame.columns:
            raise DataError(f"the table has no column {name!r}", fix=choices(name, tuple(map(str, frame.columns))))


def spoken(value: object) -> str:
    """A value for a message: as Python writes it, not as numpy does."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def as_timestamp(values: pd.Series) -> pd.Series:
    """Naive datetimes in UTC; a time without a zone is in UTC already."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return pd.to_datetime(values, utc=True).dt.tz_localize(None)
    zoned = values.astype("string").str.contains(ZONE).fillna(False).to_numpy(dtype=np.bool_)
    out = np.empty(len(values), dtype="datetime64[us]")
    try:  # apart, because pandas 2 reads a time without a zone in the zone of the one before it
        for at in (zoned, ~zoned):
            out[at] = pd.to_datetime(values[at], utc=True, format="ISO8601").dt.tz_localize(None)
    except (ValueError, TypeError) as error:
        fix = "write times as 2026-01-31T08:00:00"
        raise DataError(f"column {values.name!r} is not a timestamp: {error}", fix=fix) from None
    return pd.Series(out, index=values.index, name=values.name)


def as_number(values: pd.Series) -> pd.Series:
    """Float64, missing as NaN; an infinite value is refused."""
    out = pd.to_numeric(values, errors="coerce").astype("float64")
    wrong = (out.isna() | np.isinf(out)) & values.notna()
    if wrong.any():
        fix = "correct the rows, or make it categorical in project.toml"
        raise DataError(f"column {values.name!r} is numeric but holds {spoken(values[wrong].iloc[0])}", fix=fix)
    return out


def as_boolean(values: pd.Series) -> pd.Series:
    """1.0, 0.0 or NaN."""
    text = values.astype("string").str.lower()
    out = pd.Series(float("nan"), index=values.index, name=values.name, dtype="float64")
    out[text.isin(TRUE).fillna(False).astype(bool)] = 1.0
    out[text.isin(FALSE).fillna(False).astype(bool)] = 0.0
    wrong = out.isna() & values.notna()
    if wrong.any():
        fix = "write true or false, or make it categorical in project.toml"
        raise DataError(f"column {values.name!r} is boolean but holds {spoken(values[wrong].iloc[0])}", fix=fix)
    return out


def as_category(values: pd.Series) -> pd.Series:
    """Text or None; a whole number reads the same from `1`, `1.0` and `"1"`, however a file stored it."""
    texts = [category(value) for value in values.astype(object)]
    return pd.Series(texts, index=values.index, name=values.name, dtype=object)


def category(value: object) -> str | None:
    """One categorical value in the form that models learn and requests are turned into."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def ordered(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Rows in time order; ties are decided by the key, so that the order is the same on every machine."""
    by = [schema.table.timestamp, *(name for name in schema.table.key if name in frame.columns)]
    return frame.sort_values(by, kind="stable", ignore_index=True)


def prepare(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Typed rows -> what the estimator sees: the feature and the calendar columns, in `schema.prepared` order."""
    out = {name: frame[name] for name in schema.columns}
    for part in schema.features.calendar:
        out[part] = getattr(frame[schema.table.timestamp].dt, PARTS[part]).astype("float64")
    return pd.DataFrame(out, columns=list(schema.prepared), index=frame.index)


def oddities(typed: pd.DataFrame, schema: Schema) -> list[str]:
    """What in typed rows goes against `project.toml` and can still be computed with: missing or out of range."""
    out = []
    for name, column in schema.columns.items():
        values = typed[name]
        missing = int(values.isna().sum())
        if missing and not column.nullable:
            out.append(f"{name}: missing in {missing} of {len(typed)} rows, and not nullable in project.toml")
        if column.min is not None and (low := int((values < column.min).sum())):
            out.append(f"{name}: {low} values below min = {column.min:g}")
        if column.max is not None and (high := int((values > column.max).sum())):
            out.append(f"{name}: {high} values above max = {column.max:g}")
    return out
