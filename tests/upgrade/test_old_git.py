"""Git 2.34, which cannot merge without a work tree and does not know zdiff3: every scenario again."""

from __future__ import annotations

import inspect
import shutil
import sys
from pathlib import Path

import pytest

from ..emission import run
from . import scenarios, test_scenarios
from .conftest import Begun
from .teams import Team

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the wrapper is a shell script")

WRAPPER = """#!/bin/sh
# git as 2.34 is, by the git that is there
case " $* " in
    *" zdiff3 "*|*"=zdiff3 "*) echo "fatal: unknown style 'zdiff3' given for 'merge.conflictstyle'" >&2; exit 128 ;;
    *" merge-tree --"*) echo "usage: git merge-tree <base-tree> <branch1> <branch2>" >&2; exit 129 ;;
    *" --version "*|*" version "*) echo "git version 2.34.1"; exit 0 ;;
esac
echo "$*" >> "$OLD_GIT_LOG"
exec {git} "$@"
"""
QUICK = {"untouched", "renamed_folder", "ignored_in_the_way", "monorepo"}
NAMES = [name for name in scenarios.ROWS if name != "edit_overlaps"]  # diff3 shows its base elsewhere: see below
ALL = [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in NAMES]


@pytest.fixture
def old_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The old git is first on the path; gives the log of what it was asked."""
    folder = tmp_path / "old-git"
    folder.mkdir()
    wrapper = folder / "git"
    wrapper.write_text(WRAPPER.replace("{git}", str(shutil.which("git"))), encoding="utf-8")
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("OLD_GIT_LOG", str(folder / "log"))
    return folder / "log"


@pytest.mark.parametrize("name", ALL)
def test_a_scenario(name: str, old_git: Path, request: pytest.FixtureRequest) -> None:
    scenario = getattr(test_scenarios, f"test_{name}")
    scenario(**{word: request.getfixturevalue(word) for word in inspect.signature(scenario).parameters})
    assert "write-tree" in old_git.read_text(encoding="utf-8")


def test_the_wrapper_is_as_old_as_it_says(old_git: Path, begun: Begun) -> None:
    team = begun(0)
    assert run("git", "merge-tree", "--write-tree", "HEAD", "HEAD", cwd=team.project).returncode == 129
    assert run("git", "-c", "merge.conflictStyle=zdiff3", "status", cwd=team.project).returncode == 128
    assert old_git.exists()


def test_conflicts_have_their_base(old_git: Path, begun: Begun) -> None:
    team = begun(0)
    test_scenarios.overlap(team)
    outcome = team.move(1)
    assert (outcome.code, team.conflicts()) == (1, [test_scenarios.CONFIG, test_scenarios.TRAIN])
    assert "|||||||" in team.read(test_scenarios.TRAIN)
    assert "worktree add" in old_git.read_text(encoding="utf-8"), "the scratch work tree was not used"
    assert len(team.git("worktree", "list").splitlines()) == 1, "it was not removed"


def test_both_gits_come_to_the_same(begun: Begun, old_git: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def edited(name: str) -> Team:
        team = begun(0, name)
        team.git("mv", "src/toy_model/steps", "src/toy_model/stages")
        team.edit("pyproject.toml", '    "pandas",', '    "pandas",\n    "polars",')
        test_scenarios.elsewhere(team)
        return team

    old, new = edited("old"), edited("new")
    assert old.move(3).code == 0
    asked = old_git.read_text(encoding="utf-8")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent) + ":/usr/bin:/bin")
    assert new.move(3).code == 0
    assert old.files() == new.files()
    assert "cherry-pick --no-commit" in asked


def test_a_git_that_is_older_is_refused(old_git: Path, begun: Begun) -> None:
    """Before 2.31 `git rev-parse` knows no --path-format, and prints it."""
    team = begun(0)
    repeats = (
        '    *" --path-format=absolute "*) printf "%s\\n" --path-format=absolute "$PWD" "" .git .git; exit 0 ;;\nesac'
    )
    wrapper = old_git.parent / "git"
    older = wrapper.read_text(encoding="utf-8").replace("2.34.1", "2.25.1").replace("esac", repeats, 1)
    wrapper.write_text(older, encoding="utf-8")
    outcome = team.move(1)
    assert outcome.code == 2
    assert "git version 2.25.1 is too old\n  fix: install git 2.34 or newer" in outcome.told
