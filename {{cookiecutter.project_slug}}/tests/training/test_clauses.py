"""Each clause of the gate can refuse by itself, and shows the figure by which it does."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from {{cookiecutter.package_name}}.training import clauses
from {{cookiecutter.package_name}}.training.policy import Policy

POLICY = """
[rows]
train = 500
test = 100
slice = 50

[floors]
minutes = { mae = 5.0, r2 = 0.5 }

[champion]
tolerance = 0.02

[slices]
baseline = 0.0
champion = 0.1
"""
SLICE = {"column": "zone", "value": "north", "rows": 200, "model": 4.0, "baseline": 6.0}
GOOD: dict[str, Any] = {
    "target": "minutes",
    "direction": "lower",
    "metric": "mae",
    "model_sha256": "ab" * 32,
    "train": {"rows": 1000},
    "test": {"rows": 400},
    "model": {"mae": 4.0, "r2": 0.8},
    "baseline": {"mae": 6.0, "r2": 0.0},
    "gain": 2.0,
    "low": 1.5,
    "high": 2.5,
    "slices": [SLICE],
    "champion": {
        "digest": "cd" * 32,
        "rows": 400,
        "model": 4.0,
        "champion": 4.05,
        "gain": 0.05,
        "low": -0.02,
        "high": 0.12,
        "slices": [{**SLICE, "baseline": 4.1}],
        "problem": "",
    },
}


def judged(found: dict[str, Any], policy: str = POLICY) -> dict[str, clauses.Clause]:
    """Name -> clause, as answered for an evaluation."""
    return {it.name: it for it in clauses.answers(found, Policy.model_validate(tomllib.loads(policy)))}


def test_a_good_model_passes_every_clause() -> None:
    assert [clause.passed for clause in judged(GOOD).values()] == [True] * len(clauses.CLAUSES)


def spoilt(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda found: found.update(changes)


def of_champion(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda found: found["champion"].update(changes)


# clause -> what makes it refuse, and words that must be said
SABOTAGES = {
    "too few rows to learn from": ("rows", spoilt(train={"rows": 499}), "499 to learn from"),
    "too few rows to judge on": ("rows", spoilt(test={"rows": 99}), "99 to judge on"),
    "above the floor": ("floor", spoilt(model={"mae": 5.1, "r2": 0.8}), "mae 5.1"),
    "below a floor that is higher the better": ("floor", spoilt(model={"mae": 4.0, "r2": 0.4}), "r2 0.4"),
    "a figure that is not defined": ("floor", spoilt(model={"mae": None, "r2": 0.8}), "mae n/a"),
    "no better than the baseline": ("baseline", spoilt(gain=-0.1, low=-0.4, high=0.2), "gain -0.1"),
    "unclear whether better": ("baseline", spoilt(gain=0.1, low=-0.01, high=0.2), "-0.01"),
    "no interval": ("baseline", spoilt(low=None, high=None), "n/a"),
    "worse than the champion": ("champion", of_champion(model=4.5, gain=-0.45, low=-0.6), "allowed down to -0.081"),
    "surely not much worse is not known": ("champion", of_champion(low=-0.09), "surely above -0.09"),
    "too few common rows": ("champion", of_champion(rows=99), "99 rows are new to both"),
    "cannot be compared": ("champion", of_champion(problem="the champion needs rain"), "needs rain"),
    "a slice worse than the baseline": ("slices", spoilt(slices=[{**SLICE, "model": 6.1}]), "zone = north: 6.1"),
    "a slice worse than the champion": (
        "slices of the champion",
        of_champion(slices=[{**SLICE, "baseline": 3.0}]),
        "zone = north: 4 against 3",
    ),
}


@pytest.mark.parametrize(("clause", "spoil", "said"), SABOTAGES.values(), ids=SABOTAGES)
def test_each_clause_refuses_by_itself(clause: str, spoil: Callable[[dict[str, Any]], None], said: str) -> None:
    found = copy.deepcopy(GOOD)
    spoil(found)
    answered = judged(found)
    assert [name for name, it in answered.items() if it.passed is False] == [clause]
    assert said in answered[clause].seen
    assert answered[clause].mark == "REFUSED"


def test_every_clause_has_a_sabotage() -> None:
    assert {clause for clause, _, _ in SABOTAGES.values()} == set(clauses.CLAUSES)


def test_what_does_not_apply_is_said_and_refuses_nothing() -> None:
    answered = judged(
        {**GOOD, "champion": None, "slices": [{**SLICE, "rows": 3}]}, POLICY.replace("minutes =", "other =")
    )
    said = {name: it.seen for name, it in answered.items() if it.passed is None}
    assert set(said) == {"floor", "champion", "slices", "slices of the champion"}
    assert "[floors.minutes]" in said["floor"]
    assert answered["floor"].mark == "does not apply"


def test_a_metric_that_is_better_when_higher_is_judged_so() -> None:
    worse = {**SLICE, "model": 0.5, "baseline": 0.6}
    found = {**GOOD, "direction": "higher", "metric": "roc_auc", "champion": None, "slices": [worse]}
    assert "zone = north" in judged(found)["slices"].seen
    assert judged(found)["slices"].passed is False
    assert judged({**found, "slices": [{**worse, "model": 0.7}]})["slices"].passed is True


def test_a_slice_of_few_rows_or_without_a_figure_is_not_judged() -> None:
    bad = {**SLICE, "model": 99.0}
    for spared in ({**bad, "rows": 49}, {**bad, "baseline": None}):
        assert judged({**GOOD, "slices": [SLICE, spared]})["slices"].seen.startswith("1 slices")


def test_the_tolerances_are_shares_of_the_other_s_figure() -> None:
    found = {**GOOD, "champion": {**GOOD["champion"], "champion": 10.0, "low": -0.19}}
    assert judged(found)["champion"].passed is True
    assert judged(found, POLICY.replace("tolerance = 0.02", "tolerance = 0.018"))["champion"].passed is False


def test_a_gain_of_nothing_has_no_sign() -> None:
    assert clauses.shown(-0.0) == "0"
