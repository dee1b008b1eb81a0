"""Thresholds by which a check without drift alarms in a stated share of the cases, over all columns and measures.

Each measure is brought to the scale of its own replays, and the largest of all is taken from each replay: the quantile
of these maxima is the one limit (Westfall and Young's step of maxima). It knows that measures of one column, and
columns, move together, where Holm's or Bonferroni's correction would count them as so many separate chances, and needs
hundreds of replays where p-values as small as theirs would need tens of thousands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from . import replays, shapes
from .measures import PSI, Floats
from .profile import Profile
from .rules import Rules
from .shapes import Shape

Key = tuple[str, str, str]  # group, column, measure
USUAL, RARE = 0.9, 0.99  # quantiles that say how far a measure spreads by itself
LEAST = 1.0  # no threshold is below what one replay in ten reaches


@dataclass(frozen=True)
class Threshold:
    """Above `limit` a measure alarms; `replays` are its values without drift, in order."""

    limit: float
    replays: Floats

    def share(self, value: float) -> float:
        """The share of the replays that give at least `value`, counting the window itself as one."""
        above = len(self.replays) - int(np.searchsorted(self.replays, value, side="left"))
        return (above + 1) / (len(self.replays) + 1)


def thresholds(references: Sequence[Profile], windows: Sequence[Profile], rules: Rules) -> dict[Key, Threshold]:
    """The thresholds of every column and measure, for windows of these rows and lengths."""
    seen = [shapes.of(one, other, rules) for one, other in zip(references, windows, strict=True)]
    return of_shapes(references, seen, rules)


def of_shapes(references: Sequence[Profile], windows: Sequence[Shape], rules: Rules) -> dict[Key, Threshold]:
    """The thresholds for all windows of these shapes."""
    random = np.random.default_rng(rules.check.seed)
    found: dict[Key, Floats] = {}
    fewest = math.inf
    for reference, window in zip(references, windows, strict=True):
        draws = replays.draw(reference, window.span, rules, random)
        fewest = min(fewest, draws.runs)
        for column in reference.watched:
            if column.name in window.judged:
                values = replays.replay(reference, window, column, draws, random)
                found |= {(column.group, column.name, measure): it for measure, it in values.items()}
    return limits(found, rules, fewest)


def limits(found: Mapping[Key, Floats], rules: Rules, runs: float) -> dict[Key, Threshold]:
    """One limit for all, in each measure's own scale; what is below a floor alarms nobody and does not count."""
    scales = {key: scale(amplitude(key, values)) for key, values in found.items()}
    largest = np.full(rules.check.replays, -np.inf)
    for key, values in found.items():
        middle, spread = scales[key]
        far = np.where(values > rules.floors.of(key[2]), (amplitude(key, values) - middle) / spread, -np.inf)
        largest = np.maximum(largest, far)
    rank = math.ceil((1 - rules.check.false_alarms) * (rules.check.replays + 1))
    columns = len({key[:2] for key in found})
    reach = max(float(np.sort(largest)[min(rank, len(largest)) - 1]), LEAST)
    wider = few(runs, columns, rules)
    out = {}
    for key, (middle, spread) in scales.items():
        limit = (middle + reach * spread) * wider
        limit = limit**2 if key[2] == PSI else limit
        out[key] = Threshold(max(limit, rules.floors.of(key[2])), np.sort(found[key]))
    return out


def few(runs: float, columns: int, rules: Rules) -> float:
    """How much wider limits must be because `runs` runs only say how much windows differ: Student's t to the normal.

    Taken at the level of a single column, for the limit is reached by one of many. Drawn means lie about that of the
    reference, and not about the true one: what they spread less for that is made good.
    """
    from scipy import special

    level = 1 - rules.check.false_alarms / (2 * max(columns, 1))
    runs = max(runs, 2)
    return float(special.stdtrit(runs - 1, level) / special.ndtri(level) * math.sqrt(runs / (runs - 1)))


def amplitude(key: Key, values: Floats) -> Floats:
    """PSI grows with the square of a shift, all others with the shift: its root has their scale."""
    return np.sqrt(np.maximum(values, 0.0)) if key[2] == PSI else values


def scale(values: Floats) -> tuple[float, float]:
    """(the median, how far above it values come by themselves)."""
    middle, usual, rare = np.quantile(values, [0.5, USUAL, RARE])
    return float(middle), float(max(usual - middle, (rare - middle) / 2, 1e-9))
