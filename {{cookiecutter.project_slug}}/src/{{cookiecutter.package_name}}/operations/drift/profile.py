"""Columns as counts by bin and by stretch of time: all that checks, thresholds and pictures need of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import source as sources
from .bins import Bins, Numbers
from .measures import Floats, Ints
from .source import Source

Group = Literal["features", "target", "prediction", "performance"]
MOST = 128  # stretches of time that rows are divided into


@dataclass(frozen=True)
class Watched:
    """A column that is watched: its kind as `project.toml` has it, and what it tells about."""

    name: str
    kind: str
    group: Group = "features"


@dataclass(frozen=True)
class Grid:
    """Stretches of time of equal length, in microseconds since 1970; rows outside belong to the first or the last."""

    origin: int
    length: int
    cells: int

    def index(self, times: Ints) -> Ints:
        return np.asarray(np.clip((times - self.origin) // self.length, 0, self.cells - 1))


@dataclass(frozen=True)
class Tally:
    """Counts of a column, (cells, bins and one for missing); `beyond` and `totals` as `count` says."""

    counts: Ints
    beyond: float
    totals: Floats

    @property
    def present(self) -> Ints:
        """Counts by bin over all time, without the missing ones."""
        return np.asarray(self.counts[:, :-1].sum(axis=0))

    @property
    def rows(self) -> int:
        """Values that are there."""
        return int(self.present.sum())

    @property
    def missing(self) -> int:
        return int(self.counts[:, -1].sum())


@dataclass(frozen=True)
class Profile:
    """Counts of all watched columns; `span` is the time from the first row to the last, in microseconds."""

    watched: tuple[Watched, ...]
    bins: Mapping[str, Bins]
    grid: Grid
    tallies: Mapping[str, Tally]
    rows: int
    timestamp: str
    span: int


def window(source: Source, reference: Profile) -> Profile:
    """Profile a window in the bins of its reference, and in stretches of time as long as the reference's."""
    data = sources.opened(source)
    first, last = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    for batch in sources.batches(data, [reference.timestamp]):
        moments = sources.times(batch[reference.timestamp], reference.timestamp)
        first, last = min(first, int(moments.min(initial=first))), max(last, int(moments.max(initial=last)))
    span = max(last - first + 1, 1)
    length = max(reference.grid.length, -(-span // MOST))
    grid = Grid(min(first, last), length, max(-(-span // length), 1))
    return count(data, reference.watched, reference.timestamp, reference.bins, grid, span)


def count(
    data: Any, watched: tuple[Watched, ...], timestamp: str, bins: Mapping[str, Bins], grid: Grid, span: int
) -> Profile:
    """One pass: of each column the counts, how far values lie beyond the bins, and of losses the totals by stretch."""
    counts = {it.name: np.zeros((grid.cells, bins[it.name].size + 1), dtype=np.int64) for it in watched}
    totals = {it.name: np.zeros(grid.cells) for it in watched}
    beyond, rows = dict.fromkeys(counts, 0.0), 0
    for batch in sources.batches(data, [timestamp, *counts]):
        cells = grid.index(sources.times(batch[timestamp], timestamp))
        rows += len(cells)
        for it in watched:
            of = bins[it.name]
            if isinstance(of, Numbers):
                values, there = sources.numbers(batch[it.name], it.name)
                places, extra = numeric_places(of, values, there)
                beyond[it.name] += extra
                if it.group == "performance":
                    at = cells if len(values) == len(cells) else cells[there]
                    totals[it.name] += np.bincount(at, weights=values, minlength=grid.cells)
                counts[it.name] += tabled(places, cells, grid.cells, of.size + 1)
            else:
                codes, known = sources.categories(batch[it.name], it.kind)
                table = tabled(codes, cells, grid.cells, len(known))
                np.add.at(counts[it.name].T, of.index(known), table.T)
    tallies = {name: Tally(found, beyond[name], totals[name]) for name, found in counts.items()}
    return Profile(watched, bins, grid, tallies, rows, timestamp, span)


def numeric_places(of: Numbers, values: Floats, there: Any) -> tuple[Ints, float]:
    """(the bin of each row, how far values lie beyond the bins in sum)."""
    found = of.index(values)
    outside = len(found) and (found.min() == 0 or found.max() == of.size - 1)
    extra = of.beyond(values) if outside else 0.0
    if len(found) == len(there):
        return found, extra
    places = np.full(len(there), of.size, dtype=np.int64)
    places[there] = found
    return places, extra


def tabled(places: Ints, cells: Ints, rows: int, columns: int) -> Ints:
    """How often each pair of stretch and place comes."""
    keys = cells * columns
    keys += places
    return np.asarray(np.bincount(keys, minlength=rows * columns).reshape(rows, columns))
