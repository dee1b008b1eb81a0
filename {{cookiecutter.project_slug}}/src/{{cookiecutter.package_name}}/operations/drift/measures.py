"""How far two distributions are apart, by their counts: the measures of Azure Machine Learning's model monitor.

Counts are arrays whose last axis are bins, so that many windows are measured at once; the reference is `a`, the window
`b`, missing values are in neither. Where a side has no value at all every distance is 0: that it is empty is told by
the rate of missing values. Names and definitions follow the monitor's open components (azureml-assets, folder
`model_monitoring/components/src/data_drift_compute_metrics`); where ours differs its docstring says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Counts = npt.NDArray[Any]

WASSERSTEIN = "normalized_wasserstein_distance"
JENSEN_SHANNON = "jensen_shannon_distance"
PSI = "population_stability_index"
KOLMOGOROV_SMIRNOV = "two_sample_kolmogorov_smirnov_test"
CHI_SQUARED = "pearsons_chi_squared_test"
MISSING = "null_value_rate"
OUT_OF_BOUNDS = "out_of_bounds_rate"
PERFORMANCE = "performance"
SHORT = {
    WASSERSTEIN: "Wasserstein",
    JENSEN_SHANNON: "Jensen-Shannon",
    PSI: "PSI",
    KOLMOGOROV_SMIRNOV: "Kolmogorov-Smirnov",
    CHI_SQUARED: "chi-squared",
    MISSING: "missing",
    OUT_OF_BOUNDS: "out of bounds",
    PERFORMANCE: "performance",
}
BOUNDED = (JENSEN_SHANNON, KOLMOGOROV_SMIRNOV, CHI_SQUARED, MISSING, OUT_OF_BOUNDS)  # none of them exceeds 1


def shares(counts: Counts) -> Floats:
    """Counts -> shares of their sum; zeros where there is nothing."""
    return np.asarray(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1), dtype=np.float64)


def both(a: Counts, b: Counts) -> npt.NDArray[np.bool_]:
    """Where there is something on both sides."""
    return np.asarray((a.sum(axis=-1) > 0) & (b.sum(axis=-1) > 0))


def distances(a: Counts, b: Counts) -> Floats:
    """Reference's distribution function less the window's, at every boundary between two bins."""
    found = np.cumsum(shares(a), axis=-1) - np.cumsum(shares(b), axis=-1)
    return np.asarray(found[..., :-1] * both(a, b)[..., None])


def kolmogorov_smirnov(apart: Floats) -> Floats:
    """The largest of `distances`, 0 to 1 (Azure reports its p-value, see `pvalues.py`).

    It is looked for at the boundaries of the bins, and so is low by at most the share of the fullest bin.
    """
    return np.asarray(np.abs(apart).max(axis=-1, initial=0.0))


def wasserstein(apart: Floats, weights: Floats, scale: float, beyond: Floats | float = 0.0) -> Floats:
    """The area between the two distribution functions by their `distances` at the edges, in standard deviations.

    `weights` are the lengths for which the edges stand. What lies outside of the edges adds the mean way past them,
    `beyond`; infinite values count in other measures only. Azure divides by at least 0.001, whatever a column's unit;
    here `scale` is what is divided by (see `bins.py` for a reference that is constant).
    """
    return np.asarray((np.abs(apart) @ weights + beyond) / scale)


def jensen_shannon(a: Counts, b: Counts) -> Floats:
    """The square root of the divergence from the two distributions' middle, with logarithms of base 2: 0 to 1."""
    p, q = shares(a), shares(b)
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(p > 0, p * np.log2(p / middle), 0.0) + np.where(q > 0, q * np.log2(q / middle), 0.0)
    return np.asarray(np.sqrt(np.clip(parts.sum(axis=-1) / 2, 0.0, 1.0)) * both(a, b))


def psi(a: Counts, b: Counts) -> Floats:
    """The population stability index: the sum of (q - p) ln(q / p). As Azure does, 1 is added to every count.

    Bins that are empty on both sides are left out: of small windows, the ones that are added would be most of it.
    """
    p = (a + 1) / np.maximum(a.sum(axis=-1, keepdims=True), 1)
    q = (b + 1) / np.maximum(b.sum(axis=-1, keepdims=True), 1)
    return np.asarray(((q - p) * np.log(q / p) * (a + b > 0)).sum(axis=-1) * both(a, b))


def chi_squared(a: Counts, b: Counts) -> Floats:
    """Pearson's statistic that both sides are of one distribution, as the root of its share of all rows: 0 to 1.

    That is Cramer's V of a table with two rows, which does not grow with the rows; Azure reports the p-value (see
    `pvalues.py`) of the window against the reference's shares as if these were exact, which is 0 for any new category.
    """
    rows = a + b
    left, right = a.sum(axis=-1, keepdims=True), b.sum(axis=-1, keepdims=True)
    total = np.maximum(left + right, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [(it - rows * of / total) ** 2 / (rows * of / total) for it, of in ((a, left), (b, right))]
    usable = (rows > 0) & both(a, b)[..., None]
    statistic = np.where(usable, parts[0] + parts[1], 0.0).sum(axis=-1)
    return np.asarray(np.sqrt(np.clip(statistic / total[..., 0], 0.0, 1.0)))


def out_of_range(a: Counts, b: Counts) -> Floats:
    """The share of the window's values below the reference's least bin or above its greatest."""
    upto = np.cumsum(a, axis=-1)
    outside = (upto == 0) | (upto - a == upto[..., -1:])
    return np.asarray((shares(b) * outside).sum(axis=-1) * both(a, b))


def unseen(a: Counts, b: Counts) -> Floats:
    """The share of the window's values that the reference never has."""
    return np.asarray((shares(b) * (a == 0)).sum(axis=-1) * both(a, b))


def rate_change(missing_a: Counts, all_a: Counts, missing_b: Counts, all_b: Counts) -> Floats:
    """By how much the share of missing values differs, either way (Azure compares the window's alone)."""
    return np.asarray(np.abs(missing_b / np.maximum(all_b, 1) - missing_a / np.maximum(all_a, 1)))


def worsening(mean_a: Floats, mean_b: Floats) -> Floats:
    """By which share of the reference's mean loss the window's is greater; negative where it is smaller."""
    return np.asarray((mean_b - mean_a) / np.maximum(np.abs(mean_a), 1e-12))
