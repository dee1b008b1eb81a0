"""A column of a file -> values such as a caller of the service would send, so that the same checks can be asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from ...data.parse import as_category
from ...model import frame
from ...model.project import Schema


def values(column: pa.ChunkedArray, name: str, schema: Schema) -> list[Any]:
    """The values of one input, missing as None. What cannot be read stays as it is, for the checks to refuse."""
    if is_text(column.type):
        kind = "timestamp" if name == schema.table.timestamp else schema.columns[name].kind
        return mapped(unwrapped(column).to_pylist(), READERS.get(kind, same))
    if types.is_floating(column.type):
        return list(pc.if_else(pc.is_nan(column), None, column).to_pylist())
    plain = unwrapped(column).to_pylist()
    return plain if types.is_integer(column.type) else mapped(plain, typed)


def mapped(plain: list[Any], read: Callable[[Any], Any]) -> list[Any]:
    """Each value read, and those that come again only once."""
    known: dict[Any, Any] = {None: None}
    out = []
    for value in plain:
        if value not in known:
            known[value] = read(value)
        out.append(known[value])
    return out


def is_text(kind: pa.DataType) -> bool:
    inner = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(inner) or types.is_large_string(inner))


def unwrapped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without the forms that Python has no value for: codes, and times finer than a microsecond."""
    if types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column


def typed(value: Any) -> Any:
    """A value of a typed column, as JSON would have it."""
    if isinstance(value, dt.date):  # and so a datetime
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def same(text: str) -> Any:
    return text


def number(text: str) -> Any:
    """A number's text; `1_000` is one to Python alone."""
    try:
        return text if "_" in text else float(text)
    except ValueError:
        return text


def truth(text: str) -> Any:
    small = text.strip().lower()
    return small in frame.TRUE if small in frame.TRUE | frame.FALSE else text


READERS: dict[str, Callable[[str], Any]] = {"numeric": number, "boolean": truth, "categorical": as_category}
