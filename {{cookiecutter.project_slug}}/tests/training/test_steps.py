"""Each step is a command of its own: folders in, folders out, one line that says what it did."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.training import gate, judge, parts, steps, validate
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


def step(name: str, **folders: Path) -> Result:
    words = [word for option, path in folders.items() for word in (f"--{option}", str(path))]
    return CliRunner().invoke(cli.main, ["step", name, *words])


def done(result: Result) -> str:
    """The last line of a step that went well."""
    assert result.exit_code == 0, result.output
    return result.output.strip().splitlines()[-1]


def test_they_explain_themselves_in_the_same_words_whoever_calls_them_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner calls the group without `mlops`, and click keeps what the first caller found."""
    for command in (steps.step_group, *steps.step_group.commands.values()):
        monkeypatch.setattr(command, "_help_option", None)
    assert CliRunner().invoke(steps.step_group, ["ingest", "--help"]).exit_code == 0
    assert CliRunner().invoke(cli.main, ["step", "-h"]).exit_code == 0
    assert CliRunner().invoke(cli.main, ["step", "ingest", "-h"]).exit_code == 0


def test_by_hand_they_do_what_the_pipeline_does(place: Workspace, tmp_path: Path) -> None:
    at = {
        name: tmp_path / name
        for name in ("snapshot", "report", "table", "train", "test", "model", "none", "out", "kept")
    }
    for folder in at.values():
        folder.mkdir()
    assert done(step("ingest", out=at["snapshot"])).endswith(": 1,000 rows in 2 files")
    assert done(step("validate", snapshot=at["snapshot"], out=at["report"])) == "5 checks of the whole passed"
    assert "1,000 rows with" in done(step("features", snapshot=at["snapshot"], report=at["report"], out=at["table"]))
    assert done(step("split", table=at["table"], train=at["train"], test=at["test"])).endswith("200 to judge on")
    assert done(step("train", train=at["train"], out=at["model"])).startswith("learned from 800 rows")
    judged = {"model": at["model"], "train": at["train"], "test": at["test"], "champion": at["none"]}
    said = done(step("evaluate", **judged, out=at["out"], handoff=tmp_path / "handoff"))
    figure = made.read(made.folders(place).evaluation / judge.RESULT)["model"]["mae"]
    assert said.startswith(f"mae {figure:.4g}, naive baseline ")
    policy = place.root / "gate.toml"
    assert done(step("gate", evaluation=at["out"], policy=policy, out=at["kept"])).startswith("passed: rows, baseline")
    assert made.read(at["kept"] / gate.VERDICT)["passed"] is True


def test_outside_of_a_run_registering_is_refused(place: Workspace, tmp_path: Path) -> None:
    it = made.folders(place)
    result = step("register", **{**it.__dict__, "out": tmp_path / "version"})
    assert result.exit_code == 1
    assert "no run is open to register a model of" in result.output


def test_features_are_not_built_on_a_snapshot_that_failed(place: Workspace, tmp_path: Path) -> None:
    (tmp_path / validate.REPORT).write_text('{"checks": [{"passed": false}]}', encoding="utf-8")
    result = step("features", snapshot=made.folders(place).snapshot, report=tmp_path, out=tmp_path / "table")
    assert (result.exit_code, (tmp_path / "table").exists()) == (1, False)
    assert "holds a check that failed" in result.output


@pytest.mark.parametrize("name", ["ingest", "validate", "features", "split", "train", "evaluate", "gate", "register"])
def test_a_step_without_its_folders_says_which(name: str) -> None:
    result = step(name)
    assert result.exit_code == 2
    assert "Missing option '--" in result.output


def test_the_side_that_is_learned_from_is_needed(tmp_path: Path) -> None:
    result = step("train", train=tmp_path, out=tmp_path / "model")
    assert result.exit_code == 1
    assert parts.SCHEMA in result.output
