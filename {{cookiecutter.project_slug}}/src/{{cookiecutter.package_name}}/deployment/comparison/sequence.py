"""Confidence sequences for a difference of mean losses: intervals that hold at every look at once.

An ordinary 95 % interval is right at one look that was fixed before. Whoever looks after every fifty rows, and stops
when it leaves zero, is wrong not once in twenty but nearly always in the end. A confidence sequence covers the truth at
all sample sizes together, so that one may look, stop or go on at will.

The one used here is Robbins' normal mixture in its asymptotic form: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
"Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024), theorem 2.2;
after Robbins, "Statistical methods related to the law of the iterated logarithm" (1970). It is the estimate, give or
take standard errors, of which not 1.96 are taken but `critical(n)`: about three, growing slowly. Like any large-sample
interval it needs losses that are bounded (they are clipped), and a minimum sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .groups import Arm, clusters

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
FEWEST_ENTITIES, FEWEST_IN_ALL = 5, 20  # callers in each arm and in both, from which the spread between them is judged
STRETCHES = (30, 10)  # into how many stretches of time the rows are cut, to see how far neighbours resemble each other


@dataclass(frozen=True)
class Path:
    """Estimate and interval at each look; `n` is the number of rows, of two arms the harmonic one."""

    n: Floats
    estimate: Floats
    error: Floats
    low: Floats
    high: Floats

    @property
    def last(self) -> tuple[float, float, float]:
        """(estimate, low, high) at the last look."""
        return float(self.estimate[-1]), float(self.low[-1]), float(self.high[-1])


def critical(n: Floats, alpha: float, tuned: float) -> Floats:
    """By how many standard errors the interval reaches to each side after `n` rows; best where `n` is near `tuned`."""
    spread = -2 * np.log(alpha)
    rho = (spread + np.log(spread + 1)) / tuned
    times = n * rho
    return np.asarray(np.sqrt(2 * (1 + 1 / times) * np.log(np.sqrt(times + 1) / alpha)))


def path(n: Floats, estimate: Floats, error: Floats, alpha: float, tuned: float) -> Path:
    """The interval at each look; there is none, from minus to plus infinity, where nothing is known of the error."""
    with np.errstate(invalid="ignore", divide="ignore"):
        reach = critical(n, alpha, tuned) * error
    reach = np.where(np.isfinite(reach), reach, np.inf)
    middle = np.where(np.isfinite(estimate), estimate, 0.0)
    return Path(n, middle, error, middle - reach, middle + reach)


def paired(gains: Floats, bound: float, alpha: float, tuned: float, looks: Ints) -> Path:
    """(rows,) gains of the same requests, each within +-`bound`, in time order -> their mean after `looks` rows.

    The variance counts two more rows, one at either bound: models that have not differed yet are not known to be equal,
    and of a rare great loss the first may be still to come. Where neighbours resemble each other, the error is that of
    stretches of time.
    """
    middle = float(gains.mean())
    sums, squares = (np.r_[0.0, np.cumsum((gains - middle) ** power)] for power in (1, 2))
    n = looks.astype(np.float64)
    mean = sums[looks] / n
    spread = np.maximum(squares[looks] - n * mean**2, 0.0) + 2 * bound**2
    error = np.maximum(np.sqrt(spread) / n, of_stretches(sums, looks))
    return path(n, mean + middle, error, alpha, tuned)


def of_stretches(sums: Floats, looks: Ints) -> Floats:
    """The standard error by the means of stretches of the rows up to each look (batch means); 0 where rows are few.

    Law, "Simulation Modeling and Analysis", chapter 9. It sees what neighbours share for less than a
    stretch; of two lengths the larger error counts. Few stretches tell a variance badly: it is enlarged as Student's t
    is wider than the normal.
    """
    out = np.zeros(len(looks))
    for count in STRETCHES:
        edges = looks[:, None] * np.arange(count + 1) // count
        means = np.diff(sums[edges], axis=1) / np.maximum(np.diff(edges, axis=1), 1)
        free = count - 1
        out = np.maximum(out, means.std(axis=1, ddof=1) * np.sqrt(free / (free - 2) / count))
    return np.where(looks >= 2 * max(STRETCHES), out, 0.0)


def arms(
    losses: Floats, challenger: Bools, callers: Ints | None, bound: float, alpha: float, tuned: float, looks: Ints
) -> Path:
    """(rows,) losses of two arms in time order, `challenger` where it answered -> the gain after `looks` rows.

    The gain is the champion's mean less the challenger's. Where `callers` (codes) stay with their arm, rows of a caller
    are no draws of their own: what differs between callers differs between arms however many rows there are. The error
    is then that of callers drawn at random (see `groups`), if it is larger than that of rows.
    """
    both = clusters(losses - losses.mean(), challenger, callers, looks - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = both.champion.rows * both.challenger.rows / (both.champion.rows + both.challenger.rows)
        estimate = both.champion.mean - both.challenger.mean
        error = np.sqrt(of_rows(both.champion, bound) + of_rows(both.challenger, bound))
        if callers is not None:
            error = np.maximum(error, np.sqrt(both.variance))
    return path(n, estimate, error, alpha, tuned)


def of_rows(arm: Arm, bound: float) -> Floats:
    """The squared standard error of an arm's mean over rows drawn at random, and one more at the bound."""
    squares = np.maximum(arm.squares - arm.rows * arm.mean**2, 0.0)
    return np.asarray((squares + bound**2) / arm.rows**2)
