"""Exact tests of counts that hold at every look: is the split the one that was meant, is a rate higher than another.

Both are betting: a mixture of bets against the hypothesis, whose capital is a martingale if it is true and so passes
1/alpha with probability alpha at most, whenever one looks (Ville's inequality; Ramdas, Grünwald, Vovk and Shafer,
"Game-theoretic statistics and safe anytime-valid inference", Statistical Science 38, 2023).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, xlogy

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
CONCENTRATIONS = (1.0, 10.0, 100.0, 1_000.0, 10_000.0)  # bets on large deviations, and on small ones
STEPS = 40  # halvings of an interval of length one


def split_evidence(challenger: Bools, share: float) -> Floats:
    """(callers,) who came to the challenger, in the order of their first request -> the evidence against `share`.

    The sample-ratio test of Lindon and Malek, "Anytime-valid inference for multinomial count data" (NeurIPS 2022): the
    likelihood under a beta mixture about `share` against that of `share` itself, averaged over several concentrations.
    It passes 1/alpha with probability alpha at most. The greatest so far counts: a split that was mended stays broken.
    """
    ours = np.cumsum(challenger, dtype=np.float64)
    theirs = np.arange(1, len(challenger) + 1) - ours
    null = xlogy(ours, share) + xlogy(theirs, 1 - share)
    bets = [
        betaln(size * share + ours, size * (1 - share) + theirs) - betaln(size * share, size * (1 - share)) - null
        for size in CONCENTRATIONS
    ]
    capital = np.logaddexp.reduce(np.array(bets), axis=0) - np.log(len(bets))
    return np.asarray(np.exp(np.minimum(np.maximum.accumulate(capital), 700.0)))


def lowest(hits: float, rows: float, alpha: float) -> float:
    """The rate that `hits` of `rows` surely passes, but for `alpha`: one side of the beta-binomial sequence.

    Robbins (1970); with the prior of Jeffreys as the mixture.
    """
    return edge(hits, rows, alpha, 0.0) if hits else 0.0


def highest(hits: float, rows: float, alpha: float) -> float:
    """The rate below which `hits` of `rows` surely stays, but for `alpha`."""
    return edge(hits, rows, alpha, 1.0) if hits < rows else 1.0


def edge(hits: float, rows: float, alpha: float, end: float) -> float:
    """Where the capital passes 1/alpha, between the observed rate and `end`; it grows on the way there."""
    inside, outside = hits / rows, end
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        if capital(hits, rows, middle) < -np.log(alpha):
            inside = middle
        else:
            outside = middle
    return outside


def capital(hits: float, rows: float, rate: float) -> float:
    """The logarithm of what a mixture of bets against `rate` has won."""
    misses = rows - hits
    won = betaln(hits + 0.5, misses + 0.5) - betaln(0.5, 0.5)
    return float(won - xlogy(hits, rate) - xlogy(misses, 1 - rate))
