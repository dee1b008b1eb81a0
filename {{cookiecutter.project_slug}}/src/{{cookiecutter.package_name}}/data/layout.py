"""What is landed: the columns that `project.toml` names, each with the type in which it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from ..errors import DataError
from ..model.project import Project, choices
from . import parse
from .manifest import Manifest, Mark

Type = Literal["timestamp", "numeric", "boolean", "categorical", "integer"]
ARROW: dict[Type, pa.DataType] = {
    "timestamp": pa.timestamp("us"),
    "numeric": pa.float64(),
    "boolean": pa.bool_(),
    "categorical": pa.string(),
    "integer": pa.int64(),
}
MEMORY: dict[Type, np.dtype[Any]] = {
    "timestamp": np.dtype("datetime64[us]"),
    "numeric": np.dtype("float64"),
    "boolean": np.dtype("float64"),
    "categorical": np.dtype("object"),
    "integer": np.dtype("int64"),
}


@dataclass(frozen=True)
class Layout:
    """The landed columns in order, and those of them by which rows are told apart, dated and compared in age."""

    types: dict[str, Type]
    timestamp: str
    watermark: str
    key: tuple[str, ...]

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that make a row this row and no other: the key, else all of them."""
        return self.key or tuple(self.types)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which a row cannot be stored."""
        return tuple(dict.fromkeys((self.timestamp, self.watermark, *self.key)))

    @property
    def order(self) -> list[str]:
        """The columns to sort by, so that equal rows give an equal file."""
        return list(dict.fromkeys((self.timestamp, *self.identity)))

    def parsed(self, raw: pd.DataFrame) -> pd.DataFrame:
        """The landed columns of `raw` that it has, as values; what cannot be read stays as the text that it was."""
        return pd.DataFrame({name: parse.column(raw[name], self.types[name]) for name in self.types if name in raw})

    def stored(self, frame: pd.DataFrame) -> pa.Table:
        """Parsed rows -> what goes into the file."""
        arrays = [self.array(frame[name], name) for name in self.types]
        return pa.table(arrays, schema=pa.schema([(name, ARROW[it]) for name, it in self.types.items()]))

    def array(self, values: pd.Series, name: str) -> pa.Array:
        """One column as it is stored."""
        if self.types[name] == "boolean":
            values = values.astype(object).where(values.notna(), None).map(bool, na_action="ignore")
        return pa.Array.from_pandas(values, type=ARROW[self.types[name]])

    def frame(self, table: pa.Table) -> pd.DataFrame:
        """Stored rows -> the same dtypes every time, so that two frames of rows can be compared."""
        whole = table.to_pandas()
        return pd.DataFrame({name: canonical(whole[name], self.types[name]) for name in table.column_names})

    def rows(self, parsed: pd.DataFrame) -> pd.DataFrame:
        """Parsed rows as they will be read back. What cannot be read becomes missing."""
        out = {}
        for name, kind in self.types.items():
            values = parsed[name] if name in parsed else pd.Series(None, index=parsed.index, dtype=object)
            unread = parse.unread(values, kind)
            out[name] = canonical(values.where(~unread, None) if unread.any() else values, kind)
        return pd.DataFrame(out, index=parsed.index)


def canonical(values: pd.Series, kind: Type) -> pd.Series:
    """Values in the one dtype that their type has in memory."""
    if kind == "categorical":
        return values.astype(object).where(values.notna(), None)
    return values.astype(MEMORY[kind])


def mark(value: object) -> Mark:
    """A watermark or key as the manifest writes it: whole numbers and texts as they are, times as ISO text."""
    if value is None or value != value:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, int | float) else str(value)


def marked(mark: Mark, kind: Type) -> object:
    """What the manifest wrote, as a value that compares with the column's own."""
    return pd.Timestamp(mark) if kind == "timestamp" and isinstance(mark, str) else mark


def columns(project: Project) -> tuple[str, ...]:
    """The names of the landed columns: key, timestamp, features, entity, target, watermark."""
    table = project.table
    entity = (table.entity,) if table.entity else ()
    last = (project.source.watermark,) if project.source.watermark else ()
    return tuple(dict.fromkeys((*table.key, table.timestamp, *project.columns, *entity, table.target, *last)))


def resolve(project: Project, manifest: Manifest, first: pd.DataFrame | None) -> Layout:
    """The layout of what is landed; before there is any, the types that `project.toml` leaves open are told by `first`.

    Raises `DataError` where `project.toml` and what is landed no longer fit.
    """
    types = {name: declared(project, name) or seen(project, manifest, first, name) for name in columns(project)}
    layout = Layout(
        types, project.table.timestamp, project.source.watermark or project.table.timestamp, project.table.key
    )
    if manifest.columns:
        unchanged(layout, manifest)
    return layout


def declared(project: Project, name: str) -> Type | None:
    """The type that follows from `project.toml`; None for keys and watermarks, which may be numbers, texts or times."""
    if name == project.table.timestamp:
        return "timestamp"
    if name in project.columns:
        return project.columns[name].kind
    if name == project.table.target:
        return "categorical" if project.classification else "numeric"
    return "categorical" if name == project.table.entity else None


def seen(project: Project, manifest: Manifest, first: pd.DataFrame | None, name: str) -> Type:
    """The type of an open column: as it was landed, else as the first rows have it."""
    landed = manifest.columns.get(name)
    if landed is not None:
        return cast(Type, landed)
    found = parse.guess(first[name]) if first is not None and name in first else None
    return found or ("timestamp" if name == project.source.watermark else "categorical")


def unchanged(layout: Layout, manifest: Manifest) -> None:
    """Raises `DataError` naming the first column in which the layout differs from what is landed."""
    fix = "undo that change of project.toml, or read the source anew with `mlops ingest --rebuild`"
    for name in (*layout.types, *manifest.columns):
        had, has = manifest.columns.get(name), layout.types.get(name)
        if had != has:
            raise DataError(f"column {name!r} was landed as {had}, and project.toml says {has}", fix=fix)
    if manifest.identity != layout.key:
        had_key, has_key = ", ".join(manifest.identity) or "the whole row", ", ".join(layout.key) or "the whole row"
        raise DataError(f"rows were told apart by {had_key}, and project.toml says {has_key}", fix=fix)


def require(names: Iterable[str], present: Iterable[str], where: str) -> None:
    """Raises `DataError` for the first of `names` that `where` does not have."""
    known = tuple(present)
    for name in names:
        if name not in known:
            raise DataError(f"{where} has no column {name!r}", fix=choices(name, known))
