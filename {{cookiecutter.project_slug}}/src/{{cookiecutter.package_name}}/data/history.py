"""What is landed already, in figures: against it a batch's missing values and categories are judged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from . import parse
from .layout import MEMORY, Layout
from .manifest import File, Manifest

ENOUGH = 200  # landed rows from which shares say something
FEWEST = 100  # rows of a batch from which its shares say something
SUDDEN = 0.25  # how far above its history a share of missing values may rise, in any case
SIGMAS = 6.0  # and how many standard deviations, as the landed partitions themselves vary
MANY = 1000  # categories from which a column has no list of them any more
AHEAD = timedelta(days=1)  # how far the source's clock may be in front: more than any time zone


@dataclass(frozen=True)
class History:
    """The landed rows' count, their share of missing values with its spread, their categories, and the latest time."""

    rows: int
    shares: dict[str, tuple[float, float]]
    categories: dict[str, tuple[str, ...] | None]
    horizon: datetime

    def limit(self, column: str, batch: int) -> float | None:
        """The greatest plausible share of missing values in a batch of that many rows; None where nothing is known."""
        if self.rows < ENOUGH or batch < FEWEST:
            return None
        share, spread = self.shares.get(column, (0.0, 1.0))
        deviation = math.sqrt(share * (1 - share) * spread / batch)
        return min(share + max(SUDDEN, SIGMAS * deviation), 1.0)

    def known(self, column: str) -> tuple[str, ...]:
        """The categories seen so far; none where they are too few rows or too many kinds to say that one is strange."""
        return (self.categories.get(column) or ()) if self.rows >= ENOUGH else ()


def of(manifest: Manifest, layout: Layout, now: datetime) -> History:
    """The history that a manifest tells."""
    shares = {name: share(manifest.files, name) for name in layout.types}
    return History(manifest.rows, shares, manifest.categories, now.replace(tzinfo=None) + AHEAD)


def share(files: tuple[File, ...], column: str) -> tuple[float, float]:
    """(share of missing values, spread): how many times more the partitions differ than independent rows would.

    Missing values come in stretches (a sensor is off for hours), so that a small batch may well hold many.
    """
    rows = sum(file.rows for file in files)
    missing = sum(file.nulls.get(column, 0) for file in files)
    overall = missing / rows if rows else 0.0
    binomial = overall * (1 - overall)
    if len(files) < 5 or not binomial:
        return overall, 1.0
    excess = [(file.nulls.get(column, 0) - file.rows * overall) ** 2 / (file.rows * binomial) for file in files]
    return overall, max(sum(excess) / (len(files) - 1), 1.0)


def sane(batch: pd.DataFrame, layout: Layout, horizon: datetime) -> pd.Series:
    """The watermarks of a parsed batch that can be read and are not from the future, which would hide what follows."""
    if layout.watermark not in batch:
        return pd.Series(dtype=object)
    kind, values = layout.types[layout.watermark], batch[layout.watermark]
    values = values[values.notna() & ~parse.unread(values, kind)].astype(MEMORY[kind])
    return values[values <= pd.Timestamp(horizon)] if kind == "timestamp" else values


def widened(manifest: Manifest, layout: Layout, rows: pd.DataFrame) -> dict[str, tuple[str, ...] | None]:
    """The categories seen so far with those of `rows`; None for a column that has too many to list."""
    out = dict(manifest.categories)
    for name, kind in layout.types.items():
        if kind != "categorical" or name in layout.key or out.get(name, ()) is None:
            continue
        union = {*(out.get(name) or ()), *rows[name].dropna().unique()}
        out[name] = tuple(sorted(union)) if len(union) <= MANY else None
    return out
