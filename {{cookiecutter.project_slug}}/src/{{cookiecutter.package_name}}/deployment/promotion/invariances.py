"""Tests of what must not matter: when and how often it is asked, in which order, company or number format."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import ModelError
from ...model import frame
from .subject import Record, Subject, equal

TIMES = 3
IRRELEVANT = "a column that no model here takes"


def determinism(it: Subject) -> str:
    """Asked again, it answers the same to the last digit; and so does the model loaded again."""
    first = it.score(it.records)
    for _ in range(TIMES):
        if it.score(it.records) != first:
            raise ModelError("the same request gives two answers", fix="find what is random in it; train again")
    again = Subject(it.folder, it.expected, it.limits)
    again.load()
    if again.score(it.records) != first:
        raise ModelError("the model loaded again gives other answers", fix="find what is random in it; train again")
    return f"{len(first)} answers, {TIMES + 2} times"


def row_order(it: Subject) -> str:
    """Records backwards give their answers backwards."""
    equal(it.score(it.records[::-1])[::-1], it.score(it.records), "backwards")
    return f"{len(it.records)} records"


def batch_size(it: Subject) -> str:
    """A record alone gives what it gives among others."""
    alone = [it.score([record])[0] for record in it.records]
    equal(alone, it.score(it.records), "alone")
    many = it.records * 20
    equal(it.score(many)[: len(alone)], alone, f"among {len(many)}")
    return f"1, {len(alone)} and {len(many)} records"


def column_order(it: Subject) -> str:
    """Keys in another order give the same."""
    expected = it.score(it.records)
    for order in (sorted, lambda names: sorted(names, reverse=True)):
        equal(
            it.score([{name: record[name] for name in order(record)} for record in it.records]), expected, "reordered"
        )
    return f"{len(it.schema.inputs)} columns"


def irrelevant_columns(it: Subject) -> str:
    """A column that is no input is refused, and not silently left out: its sender believes that it counts."""
    for name in (IRRELEVANT, it.schema.table.target):
        if not it.refuses([{**it.records[0], name: 1}]):
            raise ModelError(f"{name!r} is taken and ignored", fix="keep `extra='forbid'` in service/records.py")
    return "refused"


def number_formats(it: Subject) -> str:
    """`5` is `5.0`, `true` is `1`, and the category `7` is `"7"`."""
    count = 0
    for record in it.records:
        expected = it.score([record])
        for name, value in other_formats(it, record):
            equal(it.score([{**record, name: value}]), expected, f"{name} as {value!r}")
            count += 1
    return f"{count} values written otherwise" if count else "no value of the sample can be written otherwise"


def other_formats(it: Subject, record: Record) -> Iterator[tuple[str, object]]:
    """(column, the same value in another format) for all values that have one."""
    for name, column in it.schema.columns.items():
        value = record[name]
        if isinstance(value, bool):
            yield name, int(value)
        elif column.kind == "numeric" and value is not None and float(value).is_integer():
            yield name, float(value) if isinstance(value, int) else int(value)
        elif column.kind == "categorical" and isinstance(value, str) and frame.category(number(value)) == value:
            yield name, number(value)


def number(text: str) -> float | None:
    """A whole number that a category is made of, where it is one."""
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
