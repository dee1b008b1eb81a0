"""The profile of a reference, in two passes over its rows: bins and stretches of time first, then the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from ...errors import DataError
from . import bins as binned
from . import profile
from . import source as sources
from .bins import Bins, Numbers
from .measures import Floats, Ints
from .profile import MOST, Grid, Profile, Watched
from .source import Source

SAMPLE = 100_000  # values by which bins are laid out
FEWEST = 32  # stretches of time that a reference is divided into, of the MOST that there may be


@dataclass
class Seen:
    """What the first pass over a reference gathers of a column."""

    sample: list[Floats]
    low: float = np.inf
    high: float = -np.inf
    count: int = 0
    mean: float = 0.0
    spread: float = 0.0

    def add(self, values: Floats, every: int) -> None:
        finite = values if np.isfinite(values).all() else values[np.isfinite(values)]
        if not len(finite):
            return
        self.sample.append(finite[::every].copy())
        self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
        mean, total = float(finite.mean()), self.count + len(finite)
        self.spread += float(finite.var() * len(finite)) + (mean - self.mean) ** 2 * self.count * len(finite) / total
        self.mean += (mean - self.mean) * len(finite) / total
        self.count = total

    def bins(self) -> Numbers:
        """Bins by what was seen; the deviation is that of a sample, as Azure's."""
        sample = np.concatenate(self.sample) if self.sample else np.empty(0)
        deviation = float(np.sqrt(self.spread / (self.count - 1))) if self.count > 1 and self.high > self.low else 0.0
        return binned.of_numbers(sample, self.low, self.high, deviation)


def run(source: Source, watched: Sequence[Watched], timestamp: str, block: timedelta) -> Profile:
    """Profile a reference in two passes: bins and time first, then counts. Raises `DataError` where it has no row."""
    data = sources.opened(source)
    total = sources.rows(data)
    if not total:
        raise DataError("the reference has no row", fix="name the rows that the model learned from")
    every = max(1, total // SAMPLE)
    numeric = {it.name: Seen([]) for it in watched if it.kind == "numeric"}
    named: dict[str, Counter[str]] = {it.name: Counter() for it in watched if it.kind != "numeric"}
    first, last = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    for batch in sources.batches(data, [timestamp, *(it.name for it in watched)]):
        for it in watched:
            if it.kind == "numeric":
                numeric[it.name].add(sources.numbers(batch[it.name], it.name)[0], every)
            else:
                tell(named[it.name], *sources.categories(batch[it.name], it.kind))
        moments = sources.times(batch[timestamp], timestamp)
        first, last = min(first, int(moments.min(initial=first))), max(last, int(moments.max(initial=last)))
    bins: dict[str, Bins] = {name: seen.bins() for name, seen in numeric.items()}
    bins |= {name: binned.of_categories(counts) for name, counts in named.items()}
    return profile.count(data, tuple(watched), timestamp, bins, divided(first, last, block), last - first)


def divided(first: int, last: int, block: timedelta) -> Grid:
    """A reference's time in stretches of at most a block, of which there are neither too few nor too many."""
    span = last - first + 1
    length = min(max(int(block / timedelta(microseconds=1)), -(-span // MOST)), max(-(-span // FEWEST), 1))
    return Grid(first, length, -(-span // length))


def tell(counts: Counter[str], codes: Ints, known: list[str | None]) -> None:
    """Add a batch's categories."""
    for name, number in zip(known, np.bincount(codes, minlength=len(known)).tolist(), strict=True):
        if name is not None and number:
            counts[name] += number
