"""Probes that run: what they show decides, what cannot be run says why, and the repo stays as it was."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from ladder.verify import run
from ladder.verify.judge import FAILED, NOT_RUN, PROVEN, Verdict
from ladder.verify.report import Report

from ..conftest import Baked, Rendered, python
from ..emission import files, replace
from . import shapes


def verdict(report: Report, name: str) -> Verdict:
    return next(it for it in report.verdicts if it.statement.id == name)


@pytest.mark.parametrize("files_of", [shapes.SCRIPT, shapes.MLFLOW], ids=["script", "mlflow"])
def test_nothing_of_a_foreign_repo_is_run(files_of: dict[str, str], tmp_path: Path) -> None:
    told: list[str] = []
    report = run.run(run.Wish(shapes.written(tmp_path / "repo", files_of), python=Path(sys.executable)), told.append)
    assert any("nothing is run: it has no `mlops` command" in line for line in told)
    model = verdict(report, "L0.C4")
    assert model.verdict == NOT_RUN
    assert "nothing was run" in model.evidence[-1].said


def test_without_an_environment_reading_is_all(rendered: Rendered) -> None:
    report = run.run(run.Wish(rendered(0)))
    model = verdict(report, "L0.C4")
    assert (report.level, model.verdict) == (0, PROVEN)
    assert "make setup, or --python" in model.evidence[-1].said


@pytest.fixture
def project(rendered: Rendered, tmp_path: Path) -> Path:
    return shutil.copytree(rendered(0), tmp_path / "project")


def test_a_model_is_handed_over_for_real(project: Path, baked: Baked) -> None:
    before, told = files(project), list[str]()
    report = run.run(run.Wish(project, level=0, python=python(baked(1))), told.append)
    model = verdict(report, "L0.C4")
    assert model.verdict == PROVEN
    assert {it.how for it in model.evidence} == {"read", "run"}
    assert "mlops handoff check" in model.evidence[-1].command
    assert "a model that was altered: refused" in model.said
    assert any("hand a model over" in line for line in told)
    assert files(project) == before


def test_what_only_running_shows_turns_it_red(project: Path, baked: Baked) -> None:
    """The code reads well; the file of checksums is written wrong."""
    replace(next(project.glob("src/*/model/handoff.py")), "{sha256(path)}  {path", "{sha256(path)[::-1]}  {path")
    assert verdict(run.run(run.Wish(project, level=0, static=True)), "L0.C4").verdict == PROVEN
    report = run.run(run.Wish(project, level=0, python=python(baked(1))))
    assert verdict(report, "L0.C4").verdict == FAILED
    assert report.level is None
    assert not report.holds
