"""The intervals hold at every look, and are those that the formulas say.

Error rates are bounded by what a binomial count would pass once in ten thousand: a replay errs with probability alpha
at most, so more errors than that are no bad luck.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from {{cookiecutter.package_name}}.deployment.comparison import groups, sequence
from {{cookiecutter.package_name}}.deployment.comparison.sequence import Bools, Floats, Ints

ALPHA, TUNED, REPLAYS = 0.05, 2_000.0, 300
LOOKS: Ints = np.arange(300, 4_001, 50)
MOST = int(binom.isf(1e-4, REPLAYS, ALPHA))
World = Callable[[np.random.Generator], tuple[sequence.Path, Floats]]


def noisy(random: np.random.Generator) -> tuple[sequence.Path, Floats]:
    """Two equal regressions, clipped."""
    champion, challenger = (np.minimum(random.exponential(1.0, LOOKS[-1]), 4.6) for _ in range(2))
    return ours(champion - challenger, 4.6)


def heavy(random: np.random.Generator) -> tuple[sequence.Path, Floats]:
    """Errors whose squares have no mean, clipped."""
    champion, challenger = (np.minimum(np.abs(random.standard_t(1.5, LOOKS[-1])), 30.0) for _ in range(2))
    return ours(champion - challenger, 30.0)


def seldom(random: np.random.Generator) -> tuple[sequence.Path, Floats]:
    """A little better nearly always, worse by all that is possible once in two hundred: equal on average."""
    return ours(np.where(random.random(LOOKS[-1]) < 0.005, -1.0, 0.005 / 0.995), 1.0)


def alike(random: np.random.Generator) -> tuple[sequence.Path, Floats]:
    """Neighbours resemble each other over some twenty rows."""
    mood = np.convolve(random.normal(0.0, 1.0, LOOKS[-1]), np.full(20, 20**-0.5), mode="same")
    return ours(np.clip(0.5 * mood + random.normal(0.0, 1.0, LOOKS[-1]), -5.0, 5.0), 5.0)


def ours(gains: Floats, bound: float) -> tuple[sequence.Path, Floats]:
    """The path, and the z that an ordinary test would see at the same looks."""
    path = sequence.paired(gains, bound, ALPHA, TUNED, LOOKS)
    seen = [gains[:at].mean() / (gains[:at].std() / np.sqrt(at) + 1e-12) for at in LOOKS]
    return path, np.array(seen)


def sticky(random: np.random.Generator, callers: int = 40) -> tuple[sequence.Path, Floats]:
    """A ramp whose callers stay with their arm and differ from each other."""
    who, harder = random.integers(0, callers, LOOKS[-1]), np.exp(0.5 * random.normal(size=callers))
    side = (random.permutation(callers) < callers // 2)[who]
    losses = np.minimum(random.exponential(1.0, LOOKS[-1]) * harder[who], 8.0)
    rows = sequence.arms(losses, side, None, 0.0, ALPHA, TUNED, LOOKS)
    return sequence.arms(losses, side, who, 8.0, ALPHA, TUNED, LOOKS), rows.estimate / rows.error


WORLDS: dict[str, World] = {
    "noisy": noisy,
    "heavy tails": heavy,
    "seldom by much": seldom,
    "alike": alike,
    "sticky": sticky,
}


@pytest.mark.parametrize("name", WORLDS)
def test_equal_models_are_told_apart_no_more_often_than_alpha_however_often_one_looks(name: str) -> None:
    wrong = naive = 0
    for seed in range(REPLAYS):
        path, z = WORLDS[name](np.random.default_rng([5, seed]))
        wrong += bool(((path.low > 0) | (path.high < 0)).any())
        naive += bool((np.abs(z) > 1.96).any())
    assert wrong <= MOST
    assert naive > MOST, "an ordinary test passes too: this world tells nothing"


def test_a_difference_is_found() -> None:
    found = []
    for seed in range(50):
        random = np.random.default_rng([6, seed])
        gains = random.exponential(1.0, LOOKS[-1]) - random.exponential(0.8, LOOKS[-1])
        path = sequence.paired(np.clip(gains, -5.0, 5.0), 5.0, ALPHA, TUNED, LOOKS)
        found.append(bool((path.low > 0).any()) and not (path.high < 0).any())
    assert np.mean(found) > 0.9


def test_the_interval_is_the_mixture_boundary_of_robbins() -> None:
    """The martingale of the normal mixture, integrated numerically, is 1/alpha where the interval ends."""
    n, rho = 500.0, (-2 * np.log(ALPHA) + np.log(1 - 2 * np.log(ALPHA))) / TUNED
    total = float(sequence.critical(np.array([n]), ALPHA, TUNED)[0]) * np.sqrt(n)
    slopes = np.linspace(-1.0, 1.0, 400_001)
    density = np.exp(-(slopes**2) / (2 * rho)) / np.sqrt(2 * np.pi * rho)
    capital = np.trapezoid(np.exp(slopes * total - slopes**2 * n / 2) * density, slopes)
    assert capital == pytest.approx(1 / ALPHA, rel=1e-6)


def test_it_is_wider_than_at_one_look_and_tightest_where_it_is_tuned() -> None:
    n = np.geomspace(10, 1e6, 500)
    reach = sequence.critical(n, ALPHA, TUNED)
    assert reach.min() > 1.96
    assert 0.5 * TUNED < n[(reach).argmin()] < 20 * TUNED
    assert reach[np.abs(n - TUNED).argmin()] < 3.2


def test_models_that_never_differed_are_not_known_to_be_equal() -> None:
    path = sequence.paired(np.zeros(300), 1.0, ALPHA, TUNED, np.array([300]))
    _, low, high = path.last
    assert low < -0.01
    assert high > 0.01


def test_stretches_widen_the_interval_only_where_neighbours_are_alike() -> None:
    random = np.random.default_rng(3)
    gains = random.normal(0.0, 1.0, 3_000)
    looks = np.array([3_000])
    apart, together = (sequence.paired(it, 5.0, ALPHA, TUNED, looks).error[-1] for it in (gains, np.sort(gains)))
    assert apart < 1.3 * gains.std() / np.sqrt(3_000)
    assert together > 5 * apart


@pytest.mark.parametrize("callers", [True, False], ids=["callers", "rows"])
def test_arms_are_what_a_table_of_them_gives(callers: bool) -> None:
    random = np.random.default_rng(4)
    losses, side, who = random.exponential(1.0, 400), random.random(400) < 0.3, random.integers(0, 15, 400)
    looks: Ints = np.array([50, 399, 400])
    path = sequence.arms(losses, side, who if callers else None, 0.0, ALPHA, TUNED, looks)
    for number, at in enumerate(looks):
        estimate, error = by_table(losses[:at], side[:at], who[:at] if callers else None)
        assert path.estimate[number] == pytest.approx(estimate)
        assert path.error[number] == pytest.approx(error)


def test_each_arm_counts_one_more_row_at_the_bound() -> None:
    losses, side = np.tile([1.0, 3.0, 2.0, 4.0], 50), np.tile([False, False, True, True], 50)
    looks: Ints = np.array([200])
    bare, bounded = (sequence.arms(losses, side, None, bound, ALPHA, TUNED, looks).error[-1] for bound in (0.0, 6.0))
    assert bounded**2 - bare**2 == pytest.approx(2 * 6.0**2 / 100**2)


def by_table(losses: Floats, side: Bools, who: Ints | None) -> tuple[float, float]:
    """The same by the textbook: (difference of means, its error)."""
    table = pd.DataFrame({"loss": losses, "side": side, "who": np.arange(len(losses)) if who is None else who})
    arms = [table[table["side"] == it] for it in (False, True)]
    estimate = arms[0]["loss"].mean() - arms[1]["loss"].mean()
    by_rows = sum(arm["loss"].var(ddof=0) / len(arm) for arm in arms)
    if who is None:
        return float(estimate), float(np.sqrt(by_rows))
    beyond = weight = count = 0.0
    within, shares = [], []
    for arm in arms:
        sizes = arm.groupby("who")["loss"].agg(["size", "sum", "mean"])
        rows = len(arm)
        within.append(((arm["loss"] - arm.groupby("who")["loss"].transform("mean")) ** 2).sum() / (rows - len(sizes)))
        residual = (sizes["sum"] - sizes["size"] * arm["loss"].mean()) ** 2
        share = sizes["size"] / rows
        beyond += residual.sum() - within[-1] * (rows - (sizes["size"] ** 2).sum() / rows)
        weight += (sizes["size"] ** 2 * (1 - 2 * share + (share**2).sum())).sum()
        count += len(sizes)
        shares.append((share**2).sum())
    between = max(beyond, 0.0) / weight * (count - 2) / (count - 4)
    by_callers = sum(it / len(arm) + between * share for it, arm, share in zip(within, arms, shares, strict=True))
    return float(estimate), float(np.sqrt(max(by_rows, by_callers)))


def test_an_arm_of_one_caller_borrows_its_spread_from_the_others() -> None:
    random = np.random.default_rng(5)
    who = random.integers(0, 30, 3_000)
    losses = random.exponential(1.0, 3_000) + np.exp(random.normal(size=30))[who]
    both = groups.clusters(losses, who == 3, who, np.array([2_999]))
    assert float(np.sqrt(both.variance[-1])) > 0.5 * losses.std()


def test_an_arm_without_rows_gives_no_interval() -> None:
    side = np.zeros(5, dtype=bool)
    estimate, low, high = sequence.arms(np.ones(5), side, None, 1.0, ALPHA, TUNED, np.array([5])).last
    assert (estimate, low, high) == (0.0, -np.inf, np.inf)


def test_sums_before_a_row_are_those_of_its_own_group() -> None:
    found = groups.before(np.array([2, 1, 2, 2, 1]), np.array([1.0, 10.0, 2.0, 4.0, 20.0]))
    assert found.tolist() == [0.0, 0.0, 1.0, 3.0, 10.0]


def test_this_file_is_red_without_the_parts_that_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each safeguard taken out: an ordinary critical value, no stretches, no rows at the bounds, rows for callers."""
    check = test_equal_models_are_told_apart_no_more_often_than_alpha_however_often_one_looks
    faults: dict[str, tuple[str, object, str]] = {
        "noisy": ("critical", lambda n, *_: np.full(len(n), 1.96), "critical"),
        "alike": ("of_stretches", lambda _, looks: np.zeros(len(looks)), "stretches"),
        "sticky": ("clusters", lambda losses, side, _, last: groups.clusters(losses, side, None, last), "callers"),
    }
    for world, (part, fault, _) in faults.items():
        with monkeypatch.context() as patch:
            patch.setattr(sequence, part, fault)
            with pytest.raises(AssertionError):
                check(world)
    with monkeypatch.context() as patch:
        patch.setattr(sequence, "paired", partial(bare, sequence.paired))
        with pytest.raises(AssertionError):
            check("seldom by much")


def bare(paired: Callable[..., sequence.Path], gains: Floats, _: float, *rest: object) -> sequence.Path:
    """`paired` without the rows at the bounds."""
    return paired(gains, 0.0, *rest)
