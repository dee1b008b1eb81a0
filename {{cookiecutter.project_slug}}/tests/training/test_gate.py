"""Each clause of the gate can refuse by itself; the verdict says by which figure."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.errors import ProjectError
from {{cookiecutter.package_name}}.training import gate

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


def judged(tmp_path: Path, found: dict[str, Any], policy: str = POLICY) -> gate.Verdict:
    """The verdict on an evaluation, through the files as the step has them."""
    (tmp_path / "evaluation").mkdir(exist_ok=True)
    (tmp_path / "evaluation" / "evaluation.json").write_text(json.dumps(found), encoding="utf-8")
    (tmp_path / "gate.toml").write_text(policy, encoding="utf-8")
    return gate.run(tmp_path / "evaluation", tmp_path / "gate.toml", tmp_path / "verdict")


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_NOTES", str(tmp_path / "notes.json"))
    return tmp_path / "notes.json"


def test_a_good_model_passes_every_clause(tmp_path: Path, notes: Path) -> None:
    verdict = judged(tmp_path, GOOD)
    assert verdict.passed
    assert [clause.passed for clause in verdict.clauses] == [True] * 6
    assert json.loads((tmp_path / "verdict" / "verdict.json").read_text(encoding="utf-8"))["passed"] is True
    assert json.loads(notes.read_text(encoding="utf-8"))["metrics"] == {"gate_passed": 1.0}


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
def test_each_clause_refuses_by_itself(
    tmp_path: Path, clause: str, spoil: Callable[[dict[str, Any]], None], said: str
) -> None:
    found = copy.deepcopy(GOOD)
    spoil(found)
    with pytest.raises(gate.GateError) as caught:
        judged(tmp_path, found)
    verdict = json.loads((tmp_path / "verdict" / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["passed"] is False
    assert [it["name"] for it in verdict["clauses"] if it["passed"] is False] == [clause]
    assert said in caught.value.problem
    assert "REFUSED" in (tmp_path / "verdict" / "verdict.md").read_text(encoding="utf-8")


def test_what_does_not_apply_is_said_and_refuses_nothing(tmp_path: Path) -> None:
    found = {**copy.deepcopy(GOOD), "champion": None, "slices": [{**SLICE, "rows": 3}]}
    verdict = judged(tmp_path, found, POLICY.replace("minutes =", "other ="))
    said = {clause.name: clause.seen for clause in verdict.clauses if clause.passed is None}
    assert set(said) == {"floor", "champion", "slices", "slices of the champion"}
    assert "[floors.minutes]" in said["floor"]


def test_a_metric_that_is_better_when_higher_is_judged_so(tmp_path: Path) -> None:
    worse = {**SLICE, "model": 0.5, "baseline": 0.6}
    found = {**copy.deepcopy(GOOD), "direction": "higher", "metric": "roc_auc", "champion": None, "slices": [worse]}
    with pytest.raises(gate.GateError, match="zone = north"):
        judged(tmp_path, found, POLICY.replace("minutes =", "other ="))


WRONG = {
    "a key that is none": ("[champion]\ntolerence = 0.1\n", "champion.tolerence"),
    "a share above one": ("[champion]\ntolerance = 3\n", "champion.tolerance is 3"),
    "no TOML": ("[champion\n", "is not TOML"),
}


@pytest.mark.parametrize(("policy", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_policy_is_refused(tmp_path: Path, policy: str, said: str) -> None:
    with pytest.raises(ProjectError) as caught:
        judged(tmp_path, GOOD, policy)
    assert said in caught.value.problem


def test_no_policy_lets_nothing_through(tmp_path: Path) -> None:
    judged(tmp_path, GOOD)
    (tmp_path / "gate.toml").unlink()
    with pytest.raises(ProjectError, match="does not exist"):
        gate.run(tmp_path / "evaluation", tmp_path / "gate.toml", tmp_path / "verdict")


def test_the_policy_of_this_repo_can_be_read(root: Path) -> None:
    assert gate.read_policy(root / "gate.toml").rows.train > 0
