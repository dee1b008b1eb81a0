"""Every measure against scipy's or its formula, its properties, and what it gives where there is nothing to say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from scipy.spatial import distance

from {{cookiecutter.package_name}}.operations.drift import bins, measures, pvalues
from {{cookiecutter.package_name}}.operations.drift.bins import FINE
from {{cookiecutter.package_name}}.operations.drift.measures import (
    CHI_SQUARED,
    JENSEN_SHANNON,
    KOLMOGOROV_SMIRNOV,
    MISSING,
    OUT_OF_BOUNDS,
    PSI,
    WASSERSTEIN,
)

from . import made

NAN, INF = float("nan"), float("inf")
NUMERIC = {WASSERSTEIN, JENSEN_SHANNON, PSI, KOLMOGOROV_SMIRNOV, OUT_OF_BOUNDS, MISSING}
CATEGORICAL = {JENSEN_SHANNON, PSI, CHI_SQUARED, OUT_OF_BOUNDS, MISSING}
random = np.random.default_rng(3)
# (before, after) by what they are like; the second is a shift, a stretch, or another shape
PAIRS = {
    "normal": (random.normal(0, 1, 4000), random.normal(0.3, 1.2, 1500)),
    "uniform": (random.uniform(5, 9, 4000), random.uniform(6, 9, 900)),
    "heavy tail": (np.exp(random.normal(0, 2, 5000)), np.exp(random.normal(0.4, 2, 2000))),
    "mostly zero": (
        random.gamma(1, 2, 4000) * (random.random(4000) < 0.2),
        random.gamma(1, 3, 1500) * (random.random(1500) < 0.4),
    ),
    "counts": (random.poisson(3, 4000).astype(float), random.poisson(4, 1500).astype(float)),
    "far away": (random.normal(0, 1, 1000), random.normal(50, 1, 1000)),
    "large": (1.7e9 + random.normal(0, 1, 3000), 1.7e9 + random.normal(0.5, 1, 3000)),
    "tiny": (random.normal(0, 1e-9, 3000), random.normal(1e-9, 1e-9, 3000)),
    "outlier": (np.append(random.normal(0, 1, 3000), 1e9), random.normal(1, 1, 3000)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_kolmogorov_smirnov_is_scipys_to_the_fullest_bin(name: str) -> None:
    before, after = PAIRS[name]
    exact = stats.ks_2samp(before, after).statistic
    assert made.values(before, after)[KOLMOGOROV_SMIRNOV] == pytest.approx(exact, abs=0.025)


@pytest.mark.parametrize("name", PAIRS)
def test_wasserstein_is_scipys_over_the_reference_s_deviation(name: str) -> None:
    before, after = PAIRS[name]
    exact = stats.wasserstein_distance(before, after) / before.std(ddof=1)
    assert made.values(before, after)[WASSERSTEIN] == pytest.approx(exact, rel=0.03, abs=0.02)


def test_of_few_values_both_are_exact() -> None:
    before, after = random.integers(0, 9, 3000).astype(float), random.integers(2, 9, 800).astype(float)
    found = made.values(before, after)
    assert found[KOLMOGOROV_SMIRNOV] == pytest.approx(stats.ks_2samp(before, after).statistic, abs=1e-12)
    exact = stats.wasserstein_distance(before, after) / before.std(ddof=1)
    assert found[WASSERSTEIN] == pytest.approx(exact, rel=8 / FINE)


def histograms(before: Any, after: Any) -> tuple[Any, Any]:
    """Counts in bins of even width, as many as Sturges' rule says, over the reference's range."""
    count = math.ceil(math.log2(min(len(before), len(after))) + 1)
    edges = np.linspace(before.min(), before.max(), count + 1)
    ends = [np.r_[(it < edges[0]).sum(), np.histogram(it, edges)[0], (it > edges[-1]).sum()] for it in (before, after)]
    return ends[0], ends[1]


@pytest.mark.parametrize("name", ["normal", "uniform", "far away", "large"])
def test_jensen_shannon_and_psi_are_those_of_histograms(name: str) -> None:
    before, after = PAIRS[name]
    p, q = histograms(before, after)
    found = made.values(before, after)
    assert found[JENSEN_SHANNON] == pytest.approx(distance.jensenshannon(p, q, base=2), abs=0.02)
    some = p + q > 0
    p, q = (p[some] + 1) / p.sum(), (q[some] + 1) / q.sum()
    assert found[PSI] == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=0.05)


def test_categories_are_measured_exactly() -> None:
    before, after = ["a"] * 50 + ["b"] * 30 + ["c"] * 20, ["a"] * 20 + ["b"] * 20 + ["d"] * 10
    p, q = np.array([50, 30, 20, 0]), np.array([20, 20, 0, 10])
    found = made.values(before, after, "categorical")
    assert set(found) == CATEGORICAL
    assert found[JENSEN_SHANNON] == pytest.approx(distance.jensenshannon(p, q, base=2))
    statistic = stats.chi2_contingency([p, q], correction=False).statistic
    assert found[CHI_SQUARED] == pytest.approx(math.sqrt(statistic / 150))
    assert found[OUT_OF_BOUNDS] == pytest.approx(0.2)
    p_, q_ = (p + 1) / 100, (q + 1) / 50
    assert found[PSI] == pytest.approx(((q_ - p_) * np.log(q_ / p_)).sum())


def test_p_values_are_scipys() -> None:
    before, after = PAIRS["normal"][0][:900], PAIRS["normal"][0][900:1400]
    a, b = np.array([900]), np.array([500])
    exact = stats.ks_2samp(before, after, method="asymp")
    assert pvalues.p_value(KOLMOGOROV_SMIRNOV, exact.statistic, a, b) == pytest.approx(exact.pvalue, abs=0.02)
    p, q = np.array([50, 30, 20]), np.array([20, 20, 10])
    known = stats.chi2_contingency([p, q], correction=False)
    value = float(measures.chi_squared(p, q))
    assert pvalues.p_value(CHI_SQUARED, value, p, q) == pytest.approx(known.pvalue)
    assert pvalues.p_value(CHI_SQUARED, 0.0, np.array([5]), np.array([7])) == 1.0
    assert pvalues.p_value(CHI_SQUARED, 0.0, np.array([0]), np.array([7])) is None
    assert pvalues.p_value(PSI, 0.1, p, q) is None


@pytest.mark.parametrize("name", PAIRS)
def test_of_the_same_rows_every_distance_is_nothing(name: str) -> None:
    before, _ = PAIRS[name]
    found = made.values(before, before)
    assert set(found) == NUMERIC
    assert max(found.values()) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_properties_hold_for_any_counts(seed: int) -> None:
    made_of = np.random.default_rng(seed)
    a, b = (made_of.integers(0, made_of.integers(1, 40), 12) for _ in range(2))
    for of in (measures.jensen_shannon, measures.chi_squared):
        assert 0 <= float(of(a, b)) <= 1
        assert float(of(a, b)) == pytest.approx(float(of(b, a)))
        assert float(of(a, a)) == pytest.approx(0.0, abs=1e-7)
    assert float(measures.psi(a, b)) >= 0
    order = made_of.permutation(12)  # the names of categories have no order
    for of in (measures.jensen_shannon, measures.chi_squared, measures.psi, measures.unseen):
        assert float(of(a[order], b[order])) == pytest.approx(float(of(a, b)))
    apart = measures.distances(a, b)
    assert 0 <= float(measures.kolmogorov_smirnov(apart)) <= 1
    edges = np.sort(made_of.normal(size=11))
    for even in (True, False):
        weights = bins.Numbers(edges, even, 1.0).weights
        assert weights.sum() == pytest.approx(edges[-1] - edges[0])
        area = float(measures.wasserstein(apart, weights, 1.0))
        assert area <= float(measures.kolmogorov_smirnov(apart)) * (edges[-1] - edges[0]) + 1e-12
        wider = bins.Numbers(5 * edges + 3, even, 5.0)
        assert float(measures.wasserstein(apart, wider.weights, wider.scale)) == pytest.approx(area)


def test_many_windows_are_measured_as_each_alone() -> None:
    a = random.integers(0, 30, 12)
    many = random.integers(0, 30, (5, 12))
    for of in (measures.jensen_shannon, measures.chi_squared, measures.psi, measures.out_of_range, measures.unseen):
        assert of(a, many) == pytest.approx([float(of(a, one)) for one in many])


def test_a_larger_shift_gives_a_larger_value() -> None:
    before = PAIRS["normal"][0]
    found = [made.values(before, before + shift) for shift in (0.1, 0.3, 0.9, 2.7)]
    for measure in (WASSERSTEIN, JENSEN_SHANNON, PSI, KOLMOGOROV_SMIRNOV):
        assert np.all(np.diff([it[measure] for it in found]) > 0), measure


# by what is odd about them: before, after, and what the measures that it is about must give
ODD: dict[str, tuple[Any, Any, dict[str, float]]] = {
    "constant, and still": ([5.0] * 50, [5.0] * 30, {WASSERSTEIN: 0, PSI: 0, KOLMOGOROV_SMIRNOV: 0, OUT_OF_BOUNDS: 0}),
    "constant, then another": ([5.0] * 50, [6.0] * 30, {WASSERSTEIN: 0.2, KOLMOGOROV_SMIRNOV: 1, OUT_OF_BOUNDS: 1}),
    "zero, then one": ([0.0] * 50, [1.0] * 30, {WASSERSTEIN: 1000, JENSEN_SHANNON: 1, OUT_OF_BOUNDS: 1}),
    "window empty": ([1.0, 2.0] * 25, [NAN] * 30, {WASSERSTEIN: 0, PSI: 0, KOLMOGOROV_SMIRNOV: 0, MISSING: 1}),
    "reference empty": ([NAN] * 50, [1.0, 2.0] * 9, {WASSERSTEIN: 0, PSI: 0, OUT_OF_BOUNDS: 0, MISSING: 1}),
    "both empty": ([NAN] * 50, [NAN] * 30, {WASSERSTEIN: 0, JENSEN_SHANNON: 0, MISSING: 0}),
    "half missing": ([1.0, 2.0] * 25, [1.0, NAN, 2.0, NAN] * 9, {KOLMOGOROV_SMIRNOV: 0, MISSING: 0.5}),
    "fewer missing": ([1.0, NAN] * 25, [1.0] * 9, {KOLMOGOROV_SMIRNOV: 0, MISSING: 0.5}),
    "infinite": ([1.0, 2.0] * 25, [INF, -INF, 1.0, 2.0] * 9, {OUT_OF_BOUNDS: 0.5, WASSERSTEIN: 0.002}),
    "infinite before": ([1.0, 2.0, INF] * 25, [1.0, 2.0] * 9, {OUT_OF_BOUNDS: 0}),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_columns_have_a_defined_value(name: str) -> None:
    before, after, expected = ODD[name]
    found = made.values(before, after)
    assert set(found) == NUMERIC
    assert all(math.isfinite(it) for it in found.values())
    assert {it: found[it] for it in expected} == pytest.approx(expected, abs=1e-3)


ODD_NAMES: dict[str, tuple[Any, Any, dict[str, float]]] = {
    "one category, and still": (["a"] * 50, ["a"] * 30, {JENSEN_SHANNON: 0, PSI: 0, CHI_SQUARED: 0, OUT_OF_BOUNDS: 0}),
    "one category, then another": (["a"] * 50, ["b"] * 30, {JENSEN_SHANNON: 1, CHI_SQUARED: 1, OUT_OF_BOUNDS: 1}),
    "window empty": (["a", "b"] * 25, [None] * 30, {JENSEN_SHANNON: 0, CHI_SQUARED: 0, MISSING: 1}),
    "reference empty": ([None] * 50, ["a"] * 30, {JENSEN_SHANNON: 0, OUT_OF_BOUNDS: 0, MISSING: 1}),
}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_categories_have_a_defined_value(name: str) -> None:
    before, after, expected = ODD_NAMES[name]
    found = made.values(before, after, "categorical", pa.string())
    assert set(found) == CATEGORICAL
    assert {it: found[it] for it in expected} == pytest.approx(expected, abs=1e-3)


def test_performance_is_a_share_of_the_usual_loss() -> None:
    assert float(measures.worsening(np.asarray(4.0), np.asarray(5.0))) == pytest.approx(0.25)
    assert float(measures.worsening(np.asarray(4.0), np.asarray(3.0))) == pytest.approx(-0.25)
    assert math.isfinite(float(measures.worsening(np.asarray(0.0), np.asarray(0.0))))
