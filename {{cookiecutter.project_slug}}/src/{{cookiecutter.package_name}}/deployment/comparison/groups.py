"""What two arms amount to up to a row: sums, means, and how much callers differ from each other.

A caller's mean loss is thought of as drawn at random, with a variance `between` that both arms share, and its rows as
scattered about it. `between` is estimated by moments over both arms together (Searle, Casella and McCulloch, "Variance
Components", 1992, chapter 3): an arm of few callers cannot tell it alone, and would be taken for sure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Arm:
    """One arm at each look: sums over its rows, and over its callers of their totals and numbers of rows."""

    rows: Floats
    total: Floats
    squares: Floats
    callers: Floats
    totals_squared: Floats
    totals_by_rows: Floats
    squared_by_rows: Floats
    rows_squared: Floats
    rows_cubed: Floats

    @property
    def mean(self) -> Floats:
        return np.asarray(self.total / self.rows)

    @property
    def within(self) -> Floats:
        """The variance of a caller's rows about its mean."""
        free = self.rows - self.callers
        spread = np.maximum(self.squares - self.squared_by_rows, 0.0)
        return np.where(free > 0, spread / np.maximum(free, 1.0), 0.0)

    @property
    def scatter(self) -> Floats:
        """The sum of squared deviations of callers' totals from what the arm's mean would make them."""
        return self.totals_squared - 2 * self.mean * self.totals_by_rows + self.mean**2 * self.rows_squared

    @property
    def expected(self) -> Floats:
        """By how much `scatter` grows with the variance between callers."""
        share = self.rows_squared / self.rows
        return self.rows_squared - 2 * self.rows_cubed / self.rows + share**2

    @property
    def by_chance(self) -> Floats:
        """What `scatter` is where callers do not differ."""
        return self.within * (self.rows - self.rows_squared / self.rows)


@dataclass(frozen=True)
class Both:
    """The two arms at each look."""

    champion: Arm
    challenger: Arm

    @property
    def between(self) -> Floats:
        """The variance of callers' means, as both arms show it; 0 where they differ no more than by chance."""
        parts = (self.champion, self.challenger)
        beyond = sum(np.nan_to_num(arm.scatter - arm.by_chance) for arm in parts)
        weight = sum(np.nan_to_num(arm.expected) for arm in parts)
        return np.where(weight > 0, np.maximum(beyond, 0.0) / np.maximum(weight, 1e-300), 0.0)

    @property
    def variance(self) -> Floats:
        """The squared error of the difference of the means, for callers and their rows drawn at random.

        Few callers tell their variance badly: it is enlarged as Student's t is wider than the normal.
        """
        free = np.maximum(self.champion.callers + self.challenger.callers - 2, 1.0)
        between = self.between * np.where(free > 2, free / np.maximum(free - 2, 1.0), np.inf)
        return sum(  # type: ignore[return-value]
            arm.within / arm.rows + between * arm.rows_squared / arm.rows**2 for arm in (self.champion, self.challenger)
        )


def clusters(losses: Floats, challenger: Bools, callers: Ints | None, last: Ints) -> Both:
    """(rows,) losses in time order -> both arms up to each row of `last`. Without `callers` each row is its own."""
    one = np.ones(len(losses))
    total = count = np.zeros(len(losses))
    if callers is not None:
        group = 2 * callers + challenger
        total, count = before(group, losses), before(group, one)
    steps = (
        one,
        losses,
        losses**2,
        (count == 0).astype(np.float64),
        2 * total * losses + losses**2,
        total + count * losses + losses,
        (total + losses) ** 2 / (count + 1) - np.where(count > 0, total**2 / np.maximum(count, 1.0), 0.0),
        2 * count + 1,
        3 * count**2 + 3 * count + 1,
    )
    return Both(arm_of(steps, ~challenger, last), arm_of(steps, challenger, last))


def arm_of(steps: tuple[Floats, ...], mine: Bools, last: Ints) -> Arm:
    """The sums over the rows of one arm, up to each of `last`."""
    return Arm(*(np.cumsum(np.where(mine, step, 0.0))[last] for step in steps))


def before(groups: Ints, values: Floats) -> Floats:
    """(rows,) -> the sum of the earlier values of each row's group."""
    order = np.argsort(groups, kind="stable")
    running = np.cumsum(values[order]) - values[order]
    first = np.r_[True, groups[order][1:] != groups[order][:-1]] if len(groups) else np.zeros(0, dtype=bool)
    starts = running[first][np.cumsum(first) - 1]
    out = np.empty(len(values))
    out[order] = running - starts
    return out
