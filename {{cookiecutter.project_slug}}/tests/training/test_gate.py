"""The step `gate`: its verdict is kept whatever it is, stops what does not pass, and cannot be edited later."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.errors import ModelError, ProjectError
from {{cookiecutter.package_name}}.training import clauses, gate, policy

from . import made
from .test_clauses import GOOD, POLICY

BAD = {**copy.deepcopy(GOOD), "train": {"rows": 3}, "gain": -1.0, "low": -2.0}


def judged(tmp_path: Path, found: dict[str, Any]) -> gate.Verdict:
    """The verdict on an evaluation, through the files as the step has them."""
    (tmp_path / "evaluation").mkdir(exist_ok=True)
    (tmp_path / "evaluation" / "evaluation.json").write_text("{}", encoding="utf-8")
    made.rewrite(tmp_path / "evaluation" / "evaluation.json", **found)
    (tmp_path / policy.FILE).write_text(POLICY, encoding="utf-8")
    return gate.run(tmp_path / "evaluation", tmp_path / policy.FILE, tmp_path / "verdict")


def read(tmp_path: Path) -> dict[str, Any]:
    return gate.read(tmp_path / "verdict", tmp_path / "evaluation")


def test_a_good_model_passes_and_its_verdict_is_kept(tmp_path: Path, notes: Path) -> None:
    verdict = judged(tmp_path, GOOD)
    assert verdict.passed
    assert read(tmp_path)["passed"] is True
    said = made.read(notes)
    assert said["metrics"] == {"gate_passed": 1.0}
    assert said["tags"]["gate"] == "passed"
    assert said["tags"]["gate.baseline"].startswith("passed: gain 2")
    assert said["artifacts"] == {"verdict": str(tmp_path / "verdict")}


def test_a_bad_model_is_refused_by_every_clause_that_says_no(tmp_path: Path, notes: Path) -> None:
    with pytest.raises(gate.GateError) as caught:
        judged(tmp_path, BAD)
    assert [line.strip().partition(":")[0] for line in caught.value.problem.splitlines()[1:]] == ["rows", "baseline"]
    assert read(tmp_path)["passed"] is False
    assert "# Gate: REFUSED" in (tmp_path / "verdict" / gate.PAGE).read_text(encoding="utf-8")
    assert made.read(notes)["metrics"] == {"gate_passed": 0.0}
    assert made.read(notes)["tags"]["gate"] == "refused"


def test_a_gate_of_which_no_clause_applies_lets_nothing_through() -> None:
    silent = clauses.Clause("floor", None, "nothing is asked")
    assert not gate.Verdict((silent,), "", "", "").passed


def test_without_a_policy_nothing_is_judged(tmp_path: Path) -> None:
    judged(tmp_path, GOOD)
    (tmp_path / policy.FILE).unlink()
    with pytest.raises(ProjectError, match="does not exist"):
        gate.run(tmp_path / "evaluation", tmp_path / policy.FILE, tmp_path / "verdict")


def passing(verdict: Path) -> None:
    made.rewrite(verdict / gate.VERDICT, passed=True)


def passing_in_every_clause(verdict: Path) -> None:
    found = [{**it, "passed": True} for it in made.read(verdict / gate.VERDICT)["clauses"]]
    made.rewrite(verdict / gate.VERDICT, passed=True, clauses=found)


def without_the_clauses(verdict: Path) -> None:
    kept = [it for it in made.read(verdict / gate.VERDICT)["clauses"] if it["passed"] is not False]
    made.rewrite(verdict / gate.VERDICT, passed=True, clauses=kept)


def by_another_policy(verdict: Path) -> None:
    (verdict / policy.FILE).write_text(POLICY.replace("train = 500", "train = 1"), encoding="utf-8")


def of_another_model(verdict: Path) -> None:
    made.rewrite(verdict / gate.VERDICT, model_sha256="ef" * 32)


EDITS = [passing, passing_in_every_clause, without_the_clauses, by_another_policy, of_another_model]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edited_verdict_is_found(tmp_path: Path, edit: Any) -> None:
    with pytest.raises(gate.GateError):
        judged(tmp_path, BAD)
    edit(tmp_path / "verdict")
    with pytest.raises(ModelError, match="is not what the gate makes of"):
        read(tmp_path)


def test_an_evaluation_that_was_changed_after_the_verdict_is_found(tmp_path: Path) -> None:
    judged(tmp_path, GOOD)
    made.rewrite(tmp_path / "evaluation" / "evaluation.json", model={"mae": 3.9, "r2": 0.8})
    with pytest.raises(ModelError, match="is not what the gate makes of"):
        read(tmp_path)
