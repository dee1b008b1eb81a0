"""Repos that were not generated: reading says what it can, and calls the rest not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladder.errors import LadderError
from ladder.verify import run, table
from ladder.verify.code import Code
from ladder.verify.judge import FAILED, NOT_RUN, PROVEN, Verdict
from ladder.verify.repo import Repo
from ladder.verify.report import Report

from . import shapes


@pytest.fixture(params=shapes.SHAPES, ids=lambda name: str(name).replace(" ", "-"))
def report(request: pytest.FixtureRequest, tmp_path: Path) -> Report:
    """One of the shapes, as it is read."""
    return of(shapes.SHAPES[request.param], tmp_path)


def of(files: dict[str, str], folder: Path) -> Report:
    return run.run(run.Wish(shapes.written(folder / "repo", files), static=True))


def found(report: Report) -> dict[str, Verdict]:
    return {it.statement.id: it for it in report.verdicts}


def test_every_shape_is_at_level_0_with_what_level_1_lacks(report: Report) -> None:
    assert report.level == 0
    assert report.next is not None
    assert report.next.level == 1
    assert report.next.command == "ladder adopt . --level 1"
    lacking = {gap.statement.id: gap for gap in report.next.gaps}
    assert "L1.T1" in lacking
    assert ".github/workflows/ci.yml" in lacking["L1.T1"].absent
    assert "L2.T1" not in lacking


def test_what_reading_cannot_tell_is_not_run_and_says_why(report: Report) -> None:
    model = found(report)["L0.C4"]
    assert model.verdict == NOT_RUN
    assert "only loading it would tell" in model.said
    for it in report.verdicts:
        assert it.said, f"{it.statement.id} has no reason"
        if it.verdict == PROVEN and it.statement.kind == "capability":
            assert it.evidence[0].artefacts, f"{it.statement.id} is proven by no file"


def test_nothing_automated_is_proven_of_a_bare_script(tmp_path: Path) -> None:
    report = of(shapes.SCRIPT, tmp_path)
    assert [it.statement.id for it in report.verdicts if it.verdict == PROVEN] == []


def test_a_data_science_layout_has_its_pins_and_its_source_noticed(tmp_path: Path) -> None:
    verdicts = found(of(shapes.DATA_SCIENCE, tmp_path))
    assert verdicts["L1.C1"].verdict == NOT_RUN
    assert "trips/dataset.py reads a source" in verdicts["L1.C1"].said
    assert verdicts["L2.H1"].verdict == NOT_RUN
    assert "requirements.txt pins" in verdicts["L2.H1"].said
    assert verdicts["L1.T3"].verdict == NOT_RUN


def test_an_mlflow_project_is_tracked_and_neither_built_nor_released(tmp_path: Path) -> None:
    verdicts = found(of(shapes.MLFLOW, tmp_path))
    assert {verdicts[name].verdict for name in ("L2.T2", "L2.C3")} == {PROVEN}
    assert verdicts["L2.T3"].verdict == NOT_RUN
    assert {verdicts[name].verdict for name in ("L1.T1", "L1.T2", "L2.T1", "L3.R1")} == {FAILED}


def test_tracking_without_a_named_store_is_not_called_central(tmp_path: Path) -> None:
    files = {**shapes.MLFLOW, "train.py": shapes.MLFLOW["train.py"].replace("mlflow.set_tracking_uri", "print")}
    it = found(of(files, tmp_path))["L2.T2"]
    assert it.verdict == NOT_RUN
    assert "nothing names a store" in it.said


def test_an_open_requirement_is_no_lock(tmp_path: Path) -> None:
    files = {**shapes.DATA_SCIENCE, "requirements.txt": "pandas>=2\n"}
    assert "does not pin 'pandas>=2'" in found(of(files, tmp_path))["L2.H1"].said


def test_what_cannot_be_parsed_stops_nothing(tmp_path: Path) -> None:
    broken = {
        "a.py": "def (",
        "b.yml": "a: [",
        ".github/workflows/c.yml": "- not a mapping",
        "pyproject.toml": "[",
        "dvc.yaml": "stages: 3",
    }
    repo = shapes.written(tmp_path / "repo", {**shapes.SCRIPT, **broken})
    (repo / "d.py").write_bytes(b"\xff\xfe\x00")
    (repo / "e.py").symlink_to(repo / "nowhere.py")
    assert run.run(run.Wish(repo, static=True)).level == 0


def test_files_in_which_nothing_was_seen_are_named_with_the_reason(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[tool\n",
        "big.py": "x = 1\n" * 300_000,
        ".github/workflows/ci.yml": "jobs: [\n",
        "fine.py": "x = 1\n",
    }
    report = of(files, tmp_path)
    assert report.unread == {
        "pyproject.toml": "no TOML",
        "big.py": "larger than 1,000,000 bytes",
        ".github/workflows/ci.yml": "no YAML",
    }
    assert report.as_json()["unread"] == dict(sorted(report.unread.items()))
    (line,) = [it for it in table.lines(report) if "nothing was seen in" in it]
    assert "big.py (larger than 1,000,000 bytes)" in line


def test_code_that_cannot_be_parsed_is_named_where_somebody_looked(tmp_path: Path) -> None:
    repo = Repo(shapes.written(tmp_path / "repo", {"train.py": "def (:\n", "fine.py": "x = 1\n"}))
    assert [it.tree.body == [] for it in Code(repo).modules] == [False, True]
    assert repo.unread == {"train.py": "no Python that can be parsed"}


def test_an_empty_folder_is_at_no_level(tmp_path: Path) -> None:
    report = run.run(run.Wish(tmp_path, static=True))
    assert report.level is None
    assert report.next is not None
    assert report.next.level == 0


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LadderError, match="is not a folder"):
        run.run(run.Wish(tmp_path / "nothing", static=True))
