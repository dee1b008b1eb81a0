"""The stated rate of false alarms holds where days differ by themselves, and does not where that is ignored."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from {{cookiecutter.package_name}}.operations.drift import calibrate, check, learn, replays, rules
from {{cookiecutter.package_name}}.operations.drift.check import Checked
from {{cookiecutter.package_name}}.operations.drift.measures import Ints
from {{cookiecutter.package_name}}.operations.drift.profile import Watched

from . import made

DAYS, A_DAY, COLUMNS, WORLDS = 56, 60, 6, 60
RATE = 0.05
RULES = rules.parse({"check": {"replays": 200, "false_alarms": RATE}})


def world(seed: int, shift: float = 0.0, daily: float = 0.3) -> Checked:
    """A week after eight, of columns whose level wanders from day to day; with a shift, the first one moves."""
    random = np.random.default_rng(seed)
    levels = random.normal(0, daily, (DAYS + 7, COLUMNS))
    at = np.repeat(np.arange(DAYS + 7), A_DAY)
    values = random.normal(levels[at], 1.0)
    values[at >= DAYS, 0] += shift
    columns = {f"x{number}": values[:, number] for number in range(COLUMNS)}
    table = pa.table({"at": made.times(len(at), DAYS + 7), **columns})
    watched = [Watched(name, "numeric") for name in columns]
    reference = learn.run(table.slice(0, DAYS * A_DAY), watched, "at", timedelta(days=1))
    return check.run([reference], [table.slice(DAYS * A_DAY)], RULES)


def rate(count: int = WORLDS) -> float:
    return sum(world(seed).drifted for seed in range(count)) / count


def test_without_drift_it_alarms_as_rarely_as_stated() -> None:
    assert rate() <= RATE + 2 * np.sqrt(RATE * (1 - RATE) / WORLDS)


def test_rows_drawn_singly_would_alarm_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sabotage: without whole stretches, a wet week is drift."""

    def even(stretches: int, count: int, run: int, draws: int, _: np.random.Generator) -> Ints:
        return np.full((draws, stretches), max(count * run // (run * stretches), 1))

    monkeypatch.setattr(replays, "drawn", even)
    monkeypatch.setattr(calibrate, "few", lambda *_: 1.0)
    assert rate(20) > 0.5


def test_a_shift_is_found() -> None:
    assert all(world(1000 + seed, 1.0).drifted for seed in range(10))


def test_one_limit_for_all_measures_holds_the_rate_over_all_of_them() -> None:
    random = np.random.default_rng(1)
    found = {("features", f"x{number}", "jensen_shannon_distance"): random.gamma(3, 0.1, 200) for number in range(40)}
    limits = calibrate.limits(found, RULES, runs=1e6)
    alarms = np.any([found[key] > limits[key].limit for key in found], axis=0)
    assert 0 < alarms.mean() <= RATE
    each = np.any([values > np.quantile(values, 1 - RATE) for values in found.values()], axis=0)
    assert each.mean() > 0.8, "what a threshold for each alone would do"


def test_differences_below_the_floor_alarm_nobody() -> None:
    key = ("features", "x", "population_stability_index")
    limits = calibrate.limits({key: np.linspace(0, 1e-4, 200)}, RULES, runs=1e6)
    assert limits[key].limit == RULES.floors.population_stability_index


def test_few_runs_make_limits_wide() -> None:
    wide = [calibrate.few(runs, 10, RULES) for runs in (2, 8, 50, 1e9)]
    assert wide[0] > wide[1] > wide[2] > wide[3] == pytest.approx(1.0, abs=1e-3)


def test_the_share_of_replays_counts_the_window_itself() -> None:
    it = calibrate.Threshold(1.0, np.array([0.0, 1.0, 2.0]))
    assert [it.share(value) for value in (-1, 1.0, 3)] == [1.0, 0.75, 0.25]


def test_draws_are_runs_of_stretches_that_go_round() -> None:
    random = np.random.default_rng(0)
    found = replays.drawn(10, 6, 3, 500, random)
    assert set(found.sum(axis=1)) == {6}
    assert found.sum(axis=0).min() > 200
    (single,) = replays.drawn(10, 3, 3, 1, np.random.default_rng(4))
    first = int(np.random.default_rng(4).integers(0, 10, (1, 1))[0, 0])
    assert np.flatnonzero(single).tolist() == sorted((first + step) % 10 for step in range(3))


def test_a_window_of_few_rows_is_replayed_with_as_few() -> None:
    random = np.random.default_rng(0)
    counts = np.array([[500, 300, 200], [5, 3, 2]])
    out = replays.thinned(counts, 100, random)
    assert out.sum(axis=1).tolist() == [pytest.approx(100, abs=40), 10]
    assert (out <= counts).all()
    assert counts.sum() == 1010, "the draws themselves stay"
    few, many = (made.checked(made.rows(5600), made.rows(count, 1, days=7.0)) for count in (300, 1400))
    for one, other in zip(few.findings, many.findings, strict=True):
        assert (one.threshold or 0) >= (other.threshold or 0)


def test_thinning_a_little_adds_little_chance() -> None:
    counts = np.tile([50_000, 50_000], (400, 1))
    for kept, most in ((0.9, 0.4), (0.1, 3.1)):
        out = replays.thinned(counts, round(kept * 100_000), np.random.default_rng(0))
        own = np.sqrt(0.25 / 100_000)  # what the share in a draw of as many independent rows spreads by
        assert 0 < (out[:, 0] / out.sum(axis=1)).std() < most * own


def test_the_same_rows_and_seed_give_the_same_thresholds() -> None:
    one, other = (made.checked(made.rows(2000), made.rows(500, 1, days=7.0)) for _ in range(2))
    assert one.findings == other.findings
