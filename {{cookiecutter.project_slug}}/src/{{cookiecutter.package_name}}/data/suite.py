"""The expectations that follow from `project.toml`, as plain data: first can it be read, then is it plausible.

Two suites, because a column that holds text among its numbers can be shown, but not compared with a limit.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..model.project import Project
from .history import History
from .layout import Layout, Type

STRANGE = 0.2  # share of a batch's values that may be categories never seen before
KINDS: dict[Type, tuple[str, ...]] = {
    "timestamp": ("Timestamp", "datetime64[ns]", "datetime64[us]"),
    "numeric": ("float", "float64"),
    "boolean": ("float", "float64"),
    "integer": ("int", "int64"),
}


@dataclass(frozen=True)
class Expectation:
    """One expectation. `whole`: it speaks of the batch, so that no single row can be blamed; `says` it to people."""

    type: str
    kwargs: dict[str, Any]
    says: str
    whole: bool = False

    @property
    def column(self) -> str:
        return str(self.kwargs.get("column") or ", ".join(self.kwargs.get("column_list", ())))


def readable(layout: Layout) -> list[Expectation]:
    """There are rows, every declared column is there, and what it holds is of its kind."""
    rows = Expectation("expect_table_row_count_to_be_between", {"min_value": 1}, "holds no row", whole=True)
    out = [rows]
    for name in layout.types:
        out.append(Expectation("expect_column_to_exist", {"column": name}, f"has no column {name}", whole=True))
    for name in layout.required:
        out.append(Expectation("expect_column_values_to_not_be_null", {"column": name}, f"{name} is missing"))
    for name, kind in layout.types.items():
        if kind in KINDS:
            says = f"{name} is not {'a whole number' if kind == 'integer' else kind}"
            types = list(KINDS[kind])
            out.append(
                Expectation("expect_column_values_to_be_in_type_list", {"column": name, "type_list": types}, says)
            )
    return out


def plausible(project: Project, layout: Layout, history: History, rows: int) -> list[Expectation]:
    """Values are possible, keys name one row each, and the batch resembles what was landed before it."""
    out = [*values(project, layout), *times(layout, history.horizon), *unique(layout)]
    for name, column in project.columns.items():
        if column.nullable:
            out += nulls(name, history.limit(name, rows))
        if column.kind == "categorical" and name not in layout.key:
            out += categories(name, history.known(name))
    return out


def values(project: Project, layout: Layout) -> list[Expectation]:
    """What `[columns]` and `table.classes` say of single values."""
    out = []
    for name, column in project.columns.items():
        if not column.nullable and name not in layout.required:
            out.append(Expectation("expect_column_values_to_not_be_null", {"column": name}, f"{name} is missing"))
        if column.kind == "numeric" and (column.min is not None or column.max is not None):
            limits = {"min_value": column.min, "max_value": column.max}
            says = f"{name} is out of range ({interval(column.min, column.max)})"
            out.append(Expectation("expect_column_values_to_be_between", {"column": name, **limits}, says))
    if project.table.classes:
        kwargs = {"column": project.table.target, "value_set": list(project.table.classes)}
        says = f"{project.table.target} is not one of table.classes"
        out.append(Expectation("expect_column_values_to_be_in_set", kwargs, says))
    return out


def interval(low: float | None, high: float | None) -> str:
    """`0 to 8`, `at least 0`, `at most 8`."""
    if low is None or high is None:
        return f"at most {high:g}" if low is None else f"at least {low:g}"
    return f"{low:g} to {high:g}"


def times(layout: Layout, horizon: datetime) -> list[Expectation]:
    """No row comes from the future, or it would hide all that come after it from an incremental read."""
    names = [name for name in dict.fromkeys((layout.timestamp, layout.watermark)) if layout.types[name] == "timestamp"]
    return [
        Expectation(
            "expect_column_values_to_be_between", {"column": name, "max_value": horizon}, f"{name} is in the future"
        )
        for name in names
    ]


def unique(layout: Layout) -> list[Expectation]:
    """One row a key; repeated and outdated versions have been left out before."""
    if not layout.key:
        return []
    says = f"{', '.join(layout.key)} stands for several rows that differ and are equally old"
    if len(layout.key) == 1:
        return [Expectation("expect_column_values_to_be_unique", {"column": layout.key[0]}, says)]
    return [Expectation("expect_compound_columns_to_be_unique", {"column_list": list(layout.key)}, says)]


def nulls(name: str, limit: float | None) -> list[Expectation]:
    """A nullable column may miss values, but not suddenly most of them."""
    if limit is None or limit >= 1:
        return []
    says = f"{name} is missing more often than history allows ({limit:.1%})"
    kwargs = {"column": name, "mostly": 1 - limit}
    return [Expectation("expect_column_values_to_not_be_null", kwargs, says, whole=True)]


def categories(name: str, known: tuple[str, ...]) -> list[Expectation]:
    """New categories may appear, but not all at once, and not without end."""
    if not known:
        return []
    most, kwargs = (
        max(2 * len(known), len(known) + 20),
        {"column": name, "value_set": list(known), "mostly": 1 - STRANGE},
    )
    return [
        Expectation(
            "expect_column_unique_value_count_to_be_between",
            {"column": name, "max_value": most},
            f"{name} has more than {most} categories, and history {len(known)}",
            whole=True,
        ),
        Expectation(
            "expect_column_values_to_be_in_set",
            kwargs,
            f"{name} is a category never seen before, in more than {STRANGE:.0%} of the rows",
            whole=True,
        ),
    ]


def digest(project: Project, layout: Layout) -> str:
    """The name of the expectations that `project.toml` gives; limits that history and the clock set are not in it."""
    rules = [*readable(layout), *values(project, layout), *unique(layout)]
    text = json.dumps([(rule.type, rule.kwargs) for rule in rules], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
