"""p-values of the two tests among the measures, as Azure Machine Learning thresholds them: for independent rows.

The thresholds of this repo are not taken from them: rows of one day resemble each other, and these do not know it.
"""

from __future__ import annotations

import math

from .measures import CHI_SQUARED, KOLMOGOROV_SMIRNOV, Counts


def p_value(measure: str, value: float, a: Counts, b: Counts) -> float | None:
    """The chance of a value as large without any difference; None for measures that are no test, or without values."""
    from scipy import special

    left, right = float(a.sum()), float(b.sum())
    if not left or not right:
        return None
    if measure == KOLMOGOROV_SMIRNOV:
        return float(special.kolmogorov(math.sqrt(left * right / (left + right)) * value))
    if measure == CHI_SQUARED:
        categories = int((a + b > 0).sum())
        return float(special.chdtrc(categories - 1, value**2 * (left + right))) if categories > 1 else 1.0
    return None
