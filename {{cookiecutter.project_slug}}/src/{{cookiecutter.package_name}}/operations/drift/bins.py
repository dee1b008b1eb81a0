"""How a column's values become counts: the bins are learned from the reference, and the window is counted in the same.

Every column has the bins of its values, then one for missing values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from . import measures
from .measures import Counts, Floats, Ints
from .places import Places

FINE = 256  # bins between the least and the greatest value
TAIL = 17  # the outermost quantile is 1 in 2 ** 16
FULLEST = 0.02  # of the values, in a bin of even width; where more are in one, the bins follow the quantiles
MOST = 254  # categories that are counted singly; the rest are counted as one
INSIDE = 1 - 1e-12  # the greatest value belongs to the last bin, whatever rounding does


@dataclass(frozen=True)
class Numbers:
    """Bins of a numeric column: below `edges`, between them, above. `scale` is what a Wasserstein distance is in."""

    edges: Floats
    even: bool
    scale: float

    @property
    def size(self) -> int:
        return len(self.edges) + 1

    @cached_property
    def step(self) -> float:
        """Bins of even width for one unit of the value."""
        return float((len(self.edges) - 1) / (self.edges[-1] - self.edges[0]) * INSIDE)

    @cached_property
    def places(self) -> Places:
        return Places(self.edges)

    @cached_property
    def weights(self) -> Floats:
        """What the distance at each edge counts for in an area: half of the bins beside it.

        Bins that follow quantiles may reach far at the ends: what is in the outermost counts at its inner edge.
        """
        widths = np.diff(self.edges)
        outer = 0.5 if self.even else 1.0
        halves = np.c_[widths / 2, widths / 2]
        halves[0] = widths[0] * outer, widths[0] * (1 - outer)
        halves[-1] = widths[-1] * (1 - outer), widths[-1] * outer
        return np.asarray(np.r_[halves[:, 0], 0.0] + np.r_[0.0, halves[:, 1]])

    def index(self, values: Floats) -> Ints:
        """The bin of each value; infinite ones are outside of the edges."""
        if not self.even:
            return self.places.of(values)
        places = (values - self.edges[0]) * self.step
        places += 1
        np.clip(places, 0, self.size - 1, out=places)
        return np.asarray(places.astype(np.int64))

    def beyond(self, values: Floats) -> float:
        """How far finite values are outside of the edges, summed up."""
        low, high = self.edges[0], self.edges[-1]
        far = values[((values < low) | (values > high)) & np.isfinite(values)]
        return float(np.maximum(low - far, far - high).sum())

    def coarse(self, rows: int) -> npt.NDArray[np.int64]:
        """Where the bins of PSI and Jensen-Shannon begin: of even width over the reference's range, as many as Sturges'
        rule gives `rows`, and what is outside (Azure stretches the range over both sides, so that one wild value
        squeezes all others into one bin). Their boundaries are rounded to those of the fine bins.
        """
        wanted = math.ceil(math.log2(max(rows, 1)) + 1)
        even = np.linspace(self.edges[0], self.edges[-1], wanted + 1)[1:-1]
        near = np.searchsorted((self.edges[1:] + self.edges[:-1]) / 2, even) + 1
        return np.unique([0, 1, *near, self.size - 1])

    def measure(self, a: Counts, b: Counts, rows: int, beyond: float = 0.0) -> dict[str, Floats]:
        """Every measure; `a` and `b` are counts by bin, without missing values. `beyond` is a mean."""
        starts = self.coarse(rows)
        apart = measures.distances(a, b)
        far = np.asarray(beyond * measures.both(a, b), dtype=np.float64)
        rough = [np.add.reduceat(it, starts, axis=-1) for it in (a, b)]
        return {
            measures.WASSERSTEIN: measures.wasserstein(apart, self.weights, self.scale, far),
            measures.JENSEN_SHANNON: measures.jensen_shannon(*rough),
            measures.PSI: measures.psi(*rough),
            measures.KOLMOGOROV_SMIRNOV: measures.kolmogorov_smirnov(apart),
            measures.OUT_OF_BOUNDS: measures.out_of_range(a, b),
        }


@dataclass(frozen=True)
class Categories:
    """Bins of a categorical column: one for each of `names`, one for the rest of those seen, one for unseen ones."""

    names: tuple[str, ...]
    rest: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        return len(self.names) + 2

    @cached_property
    def places(self) -> dict[str, int]:
        return {**dict.fromkeys(self.rest, len(self.names)), **{name: at for at, name in enumerate(self.names)}}

    def index(self, values: list[str | None]) -> Ints:
        """The bin of each value."""
        unseen = len(self.names) + 1
        return np.array([self.size if it is None else self.places.get(it, unseen) for it in values], dtype=np.int64)

    def measure(self, a: Counts, b: Counts, rows: int, beyond: float = 0.0) -> dict[str, Floats]:  # noqa: ARG002
        """Every measure; `a` and `b` are counts by bin, without missing values."""
        return {
            measures.JENSEN_SHANNON: measures.jensen_shannon(a, b),
            measures.PSI: measures.psi(a, b),
            measures.CHI_SQUARED: measures.chi_squared(a, b),
            measures.OUT_OF_BOUNDS: measures.unseen(a, b),
        }


Bins = Numbers | Categories


def of_numbers(sample: Floats, low: float, high: float, deviation: float) -> Numbers:
    """Bins for a column by a sample of its finite values, their true range and standard deviation.

    A constant column is measured in its own size, and in units of at least 0.001; one without any value in ones.
    """
    if not len(sample):
        return Numbers(np.array([0.0, np.nextafter(0.0, 1.0)]), even=False, scale=1.0)
    scale = deviation if deviation > 0 else max(abs(low), 1e-3)
    if high > low and math.isfinite(high - low):
        even = Numbers(np.linspace(low, high, FINE + 1), even=True, scale=scale)
        if math.isfinite(even.step) and resolves(even, sample):
            return even
    return Numbers(following(sample, low, high), even=False, scale=scale)


def following(sample: Floats, low: float, high: float) -> Floats:
    """Edges at the quantiles, closer and closer towards both ends; a value that is frequent has a bin of its own."""
    ends = 0.5 ** np.arange(math.log2(FINE) + 1, TAIL)
    levels = np.sort(np.r_[ends, np.arange(1, FINE) / FINE, 1 - ends])
    inner, often = np.unique(np.quantile(sample, levels, method="lower"), return_counts=True)
    frequent = inner[often > 1]
    apart = [inner[(inner > low) & (inner < high)], np.nextafter(frequent, np.inf), frequent[frequent == high]]
    return np.unique(np.concatenate([[low], *apart, [np.nextafter(high, np.inf)]]))


def resolves(even: Numbers, sample: Floats) -> bool:
    """Whether no bin of even width holds much, or only what is one value."""
    places = even.index(sample)
    counts = np.bincount(places, minlength=even.size)
    full = counts.argmax()
    if counts[full] <= FULLEST * len(sample):
        return True
    values = np.unique(sample)
    return bool(len(values) <= FINE and len(np.unique(even.index(values))) == len(values))


def of_categories(counts: Mapping[str, int]) -> Categories:
    """Bins for a column by how often each of its values was seen; ties in the order of the names."""
    names = sorted(counts, key=lambda name: (-counts[name], name))
    return Categories(tuple(names[:MOST]), frozenset(names[MOST:]))


def shown(bins: Bins, counts: Any) -> str:
    """What is typical of counts, for people: the median of numbers, the most frequent category."""
    total = float(counts.sum())
    if not total:
        return "nothing"
    if isinstance(bins, Numbers):
        at = int(np.searchsorted(np.cumsum(counts), total / 2))
        return f"median {bins.edges[min(max(at, 0), len(bins.edges) - 1)]:.4g}"
    top = int(counts.argmax())
    name = (*bins.names, "the rest", "unseen")[top]
    return f"{name} {counts[top] / total:.0%}"
