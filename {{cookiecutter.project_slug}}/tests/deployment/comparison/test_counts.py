"""Tests of counts: they fire no more often than alpha when they should not, and soon when they should."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from {{cookiecutter.package_name}}.deployment.comparison import counts

REPLAYS, ROWS = 400, 2_000


def fired(meant: float, given: float, alpha: float) -> list[int | None]:
    """After how many callers the split is found broken, by replay."""
    out: list[int | None] = []
    for seed in range(REPLAYS):
        evidence = counts.split_evidence(np.random.default_rng([7, seed]).random(ROWS) < given, meant)
        out.append(int(np.argmax(evidence >= 1 / alpha)) + 1 if evidence[-1] >= 1 / alpha else None)
    return out


@pytest.mark.parametrize("share", [0.5, 0.25, 0.05])
def test_a_right_split_is_called_broken_no_more_often_than_alpha(share: float) -> None:
    alpha = 0.05
    wrong = sum(it is not None for it in fired(share, share, alpha))
    assert wrong <= int(binom.isf(1e-4, REPLAYS, alpha))


@pytest.mark.parametrize(("meant", "given"), [(0.5, 0.4), (0.25, 0.35), (0.05, 0.12)])
def test_a_broken_split_is_found(meant: float, given: float) -> None:
    found = [it for it in fired(meant, given, 0.001) if it is not None]
    assert len(found) > 0.98 * REPLAYS
    assert np.median(found) < 1_000


def test_the_evidence_is_a_martingale_where_the_split_is_right() -> None:
    """Over all ways that ten callers can come, its mean is one: the mixture neither wins nor loses."""
    share, callers = 0.3, 10
    mean = 0.0
    for way in range(2**callers):
        came = np.array([bool(way >> bit & 1) for bit in range(callers)])
        chance = share ** came.sum() * (1 - share) ** (callers - came.sum())
        mean += chance * float(np.exp(log_capital(int(came.sum()), callers, share)))
    assert mean == pytest.approx(1.0)


def log_capital(hits: int, callers: int, share: float) -> float:
    """By beta functions written out, one concentration after another."""
    from math import lgamma, log

    def beta(one: float, two: float) -> float:
        return lgamma(one) + lgamma(two) - lgamma(one + two)

    misses = callers - hits
    bets = [
        beta(size * share + hits, size * (1 - share) + misses) - beta(size * share, size * (1 - share))
        for size in counts.CONCENTRATIONS
    ]
    null = hits * log(share) + misses * log(1 - share)
    return float(np.logaddexp.reduce(np.array(bets)) - np.log(len(bets)) - null)


def test_the_evidence_is_that_of_the_beta_functions_written_out() -> None:
    came = np.random.default_rng(1).random(300) < 0.5
    expected = max(log_capital(int(came[:at].sum()), at, 0.3) for at in range(1, 301))
    assert np.log(counts.split_evidence(came, 0.3)[-1]) == pytest.approx(expected)


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3])
def test_the_bounds_of_a_rate_hold_at_every_look(rate: float) -> None:
    alpha, missed = 0.05, [0, 0]
    for seed in range(120):
        hits = np.cumsum(np.random.default_rng([8, seed]).random(ROWS) < rate)
        looks = np.unique(np.geomspace(5, ROWS, 15).astype(int))
        missed[0] += any(counts.lowest(float(hits[at - 1]), at, alpha) > rate for at in looks)
        missed[1] += any(counts.highest(float(hits[at - 1]), at, alpha) < rate for at in looks)
    assert max(missed) <= int(binom.isf(1e-4, 120, alpha))


@pytest.mark.parametrize(("hits", "rows"), [(1, 10), (7, 20), (20, 1_000)])
def test_the_capital_is_one_in_alpha_at_the_bounds(hits: int, rows: int) -> None:
    alpha = 0.01
    for bound in (counts.lowest(hits, rows, alpha), counts.highest(hits, rows, alpha)):
        assert counts.capital(hits, rows, bound) == pytest.approx(-np.log(alpha), rel=1e-6)
    assert counts.lowest(hits, rows, alpha) < hits / rows < counts.highest(hits, rows, alpha)


def test_nothing_and_everything_have_one_bound() -> None:
    assert counts.lowest(0, 50, 0.05) == 0.0
    assert counts.highest(50, 50, 0.05) == 1.0
    assert 0.0 < counts.highest(0, 50, 0.05) < 0.2
    assert counts.highest(0, 5_000, 0.05) < 0.002


def test_a_service_that_always_fails_is_known_to_after_a_few_answers() -> None:
    assert counts.lowest(8, 8, 0.005) > 0.3
