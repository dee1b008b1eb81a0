"""`monitor.toml`: what it may say, what is refused with the value and the fix, and what an alarm may start."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.errors import ProjectError
from {{cookiecutter.package_name}}.operations.drift import alarms, rules
from {{cookiecutter.package_name}}.operations.drift.measures import SHORT
from {{cookiecutter.package_name}}.operations.drift.rules import Rules

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_the_repo_s_file_says_what_is_the_default(root: Path) -> None:
    assert rules.read(root / rules.FILE) == Rules()


def test_every_measure_has_a_floor() -> None:
    assert set(rules.Floors.model_fields) == set(SHORT)
    assert all(Rules().floors.of(name) > 0 for name in SHORT)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"floors": {"population_stability_index": math.inf}}, "floors.population_stability_index is inf"),
        ({"floors": {"performance": -0.1}}, "floors.performance is -0.1"),
        ({"floors": {"psi": 0.1}}, "floors.psi = 0.1 is not a known key"),
        ({"check": {"false_alarms": 0.0}}, "check.false_alarms is 0.0"),
        ({"check": {"false_alarms": 1.0}}, "check.false_alarms is 1.0"),
        ({"check": {"false_alarms": 0.001, "replays": 500}}, "replays = 500 cannot show a rate of 0.001"),
        ({"check": {"window": "soon"}}, "check.window is 'soon'"),
        ({"check": {"window": "0d"}}, "check.window is "),
        ({"check": {"rows": 1}}, "check.rows is 1"),
        ({"alarm": {"cooldwn": "2d"}}, "did you mean 'cooldown'"),
        ({"columns": {"km": 1}}, "columns = {'km': 1} is not a known key"),
    ],
)
def test_what_cannot_be_meant_is_refused(raw: dict[str, object], said: str) -> None:
    with pytest.raises(ProjectError) as refused:
        rules.parse(raw)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_or_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="nothing is watched"):
        rules.read(tmp_path / "monitor.toml")
    (tmp_path / "monitor.toml").write_text("[check", encoding="utf-8")
    with pytest.raises(ProjectError, match="is not TOML"):
        rules.read(tmp_path / "monitor.toml")


@pytest.mark.parametrize(
    ("ago", "action"),
    [
        ([], "retrain"),
        ([3], "retrain"),
        ([1], "wait"),
        ([1, 3, 5, 7, 9], "wait"),
        ([3, 5, 7, 9], "tell a person"),
        ([3, 5, 7, 31], "retrain"),
    ],
    ids=["first", "after the cooldown", "within it", "within it with nothing left", "budget spent", "budget new again"],
)
def test_an_alarm_starts_what_cooldown_and_budget_leave(ago: list[int], action: str) -> None:
    found = alarms.answer(Rules().alarm, NOW, [NOW - timedelta(days=it) for it in ago])
    assert found.action == action
    assert found.why


def test_without_a_budget_nothing_is_ever_started() -> None:
    assert alarms.answer(rules.parse({"alarm": {"budget": 0}}).alarm, NOW, []).action == "tell a person"
