"""Which columns tell the time, name a row, name a thing, or cut the rows in groups."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import DataError
from . import frame as frames
from . import kinds
from .kinds import Found

ENTITY_FROM, MOST = 10, 10  # values that a text must have to name things; that a slice may have
EARLY_WORDS = frozenset(
    {"pickup", "start", "started", "created", "begin", "timestamp", "datetime", "ordered", "requested"}
)


def times(values: pd.Series) -> pd.Series:
    """A timestamp column as it will be read in training."""
    return frames.as_timestamp(values)


def choose_time(table: pd.DataFrame, found: dict[str, Found], path: Path) -> tuple[str, list[str]]:
    """(column, warnings): the time of a row, which is when its prediction would be asked for.

    Of several the complete come first, then those named like a beginning, those with a time of day, the earliest.
    """
    known = [name for name, it in found.items() if it.sort == "timestamp"]
    if not known:
        near = [f"{name} {it.note}" for name, it in found.items() if it.sort == "mixed"]
        wrong = f"{path} has no column that reads as a time{': ' if near else ''}{'; '.join(near)}"
        fix = "add one such as 2026-01-31T08:00:00; a model is trained on the past and judged on what came after"
        raise DataError(wrong, fix=fix)

    def rank(name: str) -> tuple[bool, bool, bool, pd.Timestamp]:
        at = times(table[name].dropna())
        early = bool(kinds.words(name) & EARLY_WORDS)
        return found[name].missing > 0, not early, bool((at == at.dt.normalize()).all()), pd.Timestamp(at.min())

    best = min(known, key=rank)
    warnings = []
    if len(known) > 1:
        rest = ", ".join(name for name in known if name != best)
        warnings.append(f"there are several times: {best} is taken as the row's own, {rest} left out")
    if found[best].missing:
        warnings.append(f"{best} is missing in {found[best].missing:.1%} of the rows: fill it in, or remove these rows")
    return best, warnings


def calendar_of(at: pd.Series, taken: set[str]) -> tuple[str, ...]:
    """The calendar features that the times can bear, but for those that are columns already."""
    span = at.max() - at.min()
    fits = {
        "hour": bool((at != at.dt.normalize()).any()) and span > pd.Timedelta(days=1),
        "weekday": span >= pd.Timedelta(weeks=2),
        "month": span >= pd.Timedelta(days=365),
    }
    return tuple(part for part, fit in fits.items() if fit and part not in taken)


def entities_of(usable: dict[str, Found], rows: int) -> tuple[str, ...]:
    """Categories that name things which come again and again, such as a customer or a zone; names with `id` first."""
    found = [it for it in usable.values() if it.sort == "categorical" and it.distinct <= rows / 2]
    named = [it for it in found if kinds.words(it.name) & kinds.CODE_WORDS]
    many = [it for it in found if it.distinct >= ENTITY_FROM and it not in named]
    return tuple(it.name for it in (*named, *many))


def key_of(table: pd.DataFrame, found: dict[str, Found], timestamp: str, entities: tuple[str, ...]) -> tuple[str, ...]:
    """The first of these that names each row: a column of its own, the time, the time with an entity; else nothing."""
    single = [name for name, it in found.items() if it.sort == "id" and not it.missing]
    tries = [(name,) for name in (*single, timestamp)] + [(timestamp, name) for name in entities]
    return next((names for names in tries if not table.duplicated(list(names)).any()), ())


def slices_of(table: pd.DataFrame, usable: dict[str, Found]) -> tuple[str, ...]:
    """The first three columns with two to ten values, none of them rare."""
    few = [it.name for it in usable.values() if it.sort in ("categorical", "boolean") and 2 <= it.distinct <= MOST]
    return tuple(name for name in few if table[name].value_counts(normalize=True).min() >= 0.02)[:3]
