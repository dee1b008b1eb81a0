"""A drill shows what must happen under a fault, and fails where it does not."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from deployment.promotion import world as promotion

from {{cookiecutter.package_name}}.cli import main
from {{cookiecutter.package_name}}.deployment.rehearsal import copied
from {{cookiecutter.package_name}}.operations.drills import commands, data, floor, serving
from {{cookiecutter.package_name}}.operations.drills.floor import DrillError, Floor
from {{cookiecutter.package_name}}.operations.loop import jobs, needs

DRILLS = (data.drift, data.regression, data.stale, data.bad, serving.model, serving.outage)


@pytest.fixture
def repo(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This repo as it was emitted, in which the test stands."""
    for name in promotion.OF_THE_PERSON:
        monkeypatch.delenv(name, raising=False)
    target = tmp_path / "repo"
    target.mkdir()
    for name in copied.NEEDED:
        if name != "data":
            shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*root.glob("*.toml"), root / ".ladder.json", root / ".gitignore"):
        shutil.copyfile(path, target / path.name)
    monkeypatch.chdir(target)
    return target


def season(days: int = 5) -> Any:
    """Steps that only pass."""
    return SimpleNamespace(steps=lambda: iter(range(days)), crowd=SimpleNamespace(asked=3, failed=["at noon: 502"]))


def test_a_claim_that_is_not_true_fails_the_drill() -> None:
    said: list[str] = []
    it = Floor(season(), said.append)
    it.claim(True, "the sun shines")
    assert said == ["  seen: the sun shines"]
    with pytest.raises(DrillError, match="this must be true and is not: it rains"):
        it.claim(False, "it rains")
    with pytest.raises(DrillError, match="1 failed"):
        it.answered()


def test_what_does_not_come_in_time_fails_the_drill() -> None:
    left = [3, 2, 1]
    it = Floor(season(), lambda _: None)
    with pytest.raises(DrillError, match="the alert came within 3 steps"):
        it.until(lambda: left.pop() == 0, "the alert came", 3)
    assert left == []


def test_every_drill_says_what_it_does_and_has_a_name() -> None:
    assert len(commands.NAMES) == len(DRILLS)
    assert all(drill.__doc__ for drill in DRILLS)
    run = CliRunner().invoke(main, ["drill", "fire"])
    assert run.exit_code == 2
    assert "outage" in run.output


@pytest.mark.integration
@pytest.mark.parametrize("name", ["stale-features", "outage"])
def test_a_drill_of_the_sample_passes(repo: Path, name: str) -> None:
    run = CliRunner().invoke(main, ["drill", name], catch_exceptions=False)
    assert run.exit_code == 0, run.output
    assert "the alert cleared by itself" in run.output
    assert "0 failed" in run.output
    assert (repo / floor.FOLDER).is_dir()
    assert not (repo / "workspaces" / "prod").exists(), "the repo's own workspaces are left alone"


@pytest.mark.integration
def test_an_endpoint_that_nobody_brings_up_fails_the_drill(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repo
    monkeypatch.setattr(needs, "endpoint", lambda _: {})
    monkeypatch.setattr(jobs, "endpoint", lambda _: "")
    run = CliRunner().invoke(main, ["drill", "outage"], catch_exceptions=False)
    assert run.exit_code == 1
    assert "this must be true and is not: a person is told" in run.output
