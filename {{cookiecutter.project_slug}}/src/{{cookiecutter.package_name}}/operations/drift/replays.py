"""Windows without drift, drawn from the reference: what every measure gives where nothing has changed.

Rows near in time resemble each other (a wet day, a jam), so that rows drawn singly would make every measure look surer
than it is. Whole runs of stretches are drawn, as long as the window where the reference is much longer than that, and
on both sides: a reference is a draw itself, and a short one says less. Time goes round: after the last stretch comes
the first one. Where a window has fewer rows than a draw, the draw is thinned to as many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from . import measures
from .measures import Floats, Ints
from .profile import Profile, Watched
from .rules import Rules
from .shapes import Shape

RUNS = 8  # of which a drawn reference has at least as many


@dataclass(frozen=True)
class Draws:
    """How often each stretch of the reference is in each draw: (replays, stretches), for both sides.

    `runs` is how many runs without overlap the reference has: what there is to learn from how far windows differ.
    """

    reference: Ints
    window: Ints
    runs: float


def draw(profile: Profile, span: int, rules: Rules, random: np.random.Generator) -> Draws:
    """Draws for a window that lasts `span` microseconds, over the stretches that have rows."""
    any_column = next(iter(profile.tallies.values()))
    stretches = int((any_column.counts.sum(axis=1) > 0).sum())
    asked = max(1, round(span / profile.grid.length))
    whole = -(-int(rules.check.block / timedelta(microseconds=1)) // profile.grid.length)
    run = max(1, min(max(asked, whole), max(stretches // RUNS, 1)))
    sides = [drawn(stretches, count, run, rules.check.replays, random) for count in (stretches, asked)]
    return Draws(sides[0], sides[1], stretches / run)


def drawn(stretches: int, count: int, run: int, replays: int, random: np.random.Generator) -> Ints:
    """`count` stretches in runs of `run`, `replays` times."""
    starts = random.integers(0, stretches, (replays, -(-count // run)))
    places = ((starts[:, :, None] + np.arange(run)) % stretches).reshape(replays, -1)[:, :count]
    keys = places + np.arange(replays)[:, None] * stretches
    return np.asarray(np.bincount(keys.ravel(), minlength=replays * stretches).reshape(replays, stretches))


def thinned(counts: Ints, rows: int, random: np.random.Generator) -> Ints:
    """Draws of more than about `rows` rows as if only as many had come: each row stays by the same chance.

    None comes twice: a draw that is hardly thinned says what it said before.
    """
    total = counts.sum(axis=1)
    much = total > rows
    if rows and much.any():
        out = counts.copy()
        out[much] = random.binomial(counts[much], rows / total[much, None])
        return out
    return counts


def replay(
    profile: Profile, window: Shape, column: Watched, draws: Draws, random: np.random.Generator
) -> dict[str, Floats]:
    """Every measure of a column over all draws."""
    tally = profile.tallies[column.name]
    there = next(iter(profile.tallies.values())).counts.sum(axis=1) > 0
    # exact up to 2**53 rows, and a product of floats is many times faster than one of integers
    table = tally.counts[there].astype(np.float64)
    sides = [np.rint(it.astype(np.float64) @ table).astype(np.int64) for it in (draws.reference, draws.window)]
    sides[1] = thinned(sides[1], window.rows, random)
    if column.group == "performance":
        means = [mean(tally.counts[there], tally.totals[there], it) for it in (draws.reference, draws.window)]
        means[1] = means[1] + noise(profile, column, draws, dict(window.known)[column.name], random)
        return {measures.PERFORMANCE: measures.worsening(*means)}
    return measured(profile, column, sides[0], sides[1], window.rows)


def measured(profile: Profile, column: Watched, a: Ints, b: Ints, rows: int, beyond: float = 0.0) -> dict[str, Floats]:
    """Every measure of a column but performance; the last place of the counts are missing values."""
    found = profile.bins[column.name].measure(a[..., :-1], b[..., :-1], min(rows, profile.rows), beyond)
    change = measures.rate_change(a[..., -1], a.sum(axis=-1), b[..., -1], b.sum(axis=-1))
    return found | {measures.MISSING: change}


def mean(counts: Ints, totals: Floats, draws: Ints) -> Floats:
    """The mean of a column in each draw; 0 where it has no value."""
    rows = draws @ counts[:, :-1].sum(axis=1)
    return np.asarray((draws @ totals) / np.maximum(rows, 1))


def noise(profile: Profile, column: Watched, draws: Draws, rows: int, random: np.random.Generator) -> Floats:
    """What a mean of only `rows` values moves by chance, beyond a draw's own."""
    tally = profile.tallies[column.name]
    own = draws.window @ tally.counts[next(iter(profile.tallies.values())).counts.sum(axis=1) > 0][:, :-1].sum(axis=1)
    more = np.sqrt(np.clip(1 / max(rows, 1) - 1 / np.maximum(own, 1), 0.0, None))
    bins = profile.bins[column.name]
    deviation = bins.scale if hasattr(bins, "scale") else 1.0
    return np.asarray(random.normal(0.0, 1.0, len(own)) * more * deviation)
