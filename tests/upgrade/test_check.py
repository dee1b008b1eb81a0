"""`--check`: the new level's own tests, before the user's tree is touched."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .conftest import Begun
from .teams import Team

PYTHON = Path(sys.executable)
FAILS = "def test_ours():\n    assert 1 == 2, 'ours is broken'\n"


def test_they_pass_and_then_the_tree_moves(begun: Begun) -> None:
    team = begun(0)
    outcome = team.move(2, check=True, python=PYTHON)
    assert outcome.code == 0
    assert "check: 1 passed" in outcome.told
    assert (team.level, team.status()) == (2, [])
    assert len(team.git("worktree", "list").splitlines()) == 1


def test_they_fail_and_nothing_is_touched(begun: Begun) -> None:
    team = begun(0)
    team.write("tests/test_ours.py", FAILS)
    team.commit()
    head, outcome = team.head(), team.move(1, check=True, python=PYTHON)
    assert outcome.code == 2
    assert "ours is broken" in outcome.told
    assert "nothing was touched" in outcome.told
    assert "1 failed, 1 passed" in outcome.told
    assert (team.head(), team.level, team.status()) == (head, 0, [])
    assert len(team.git("worktree", "list").splitlines()) == 1


def test_what_is_tested_is_what_the_move_comes_to(begun: Begun) -> None:
    """An edit that is not committed is not in it, and is not lost."""
    team = begun(0)
    team.write("notes/test_ours.py", FAILS)
    assert team.move(1, check=True, python=PYTHON).code == 0
    assert team.there("notes/test_ours.py")


def test_a_level_without_tests_says_so(begun: Begun) -> None:
    outcome = begun(1).move(0, check=True, python=PYTHON)
    assert outcome.code == 0
    assert "no tests of its own" in outcome.told


def test_a_step_with_conflicts_is_tested_by_whoever_resolves_it(begun: Begun) -> None:
    team = begun(0)
    team.write("pipelines/train.yml", "mine: true\n")
    team.commit()
    outcome = team.move(2, check=True, python=PYTHON)
    assert outcome.code == 1
    assert "check: 1 passed" in outcome.told, "the clean step before it"
    assert "can be tested once they are resolved" in outcome.told


def test_a_python_that_cannot_be_started(begun: Begun) -> None:
    team = begun(0)
    outcome = team.move(1, check=True, python=team.project / "README.md")
    assert outcome.code == 2
    assert "cannot be started" in outcome.told
    assert team.level == 0


def making(team: Team, recipe: str) -> None:
    team.write("Makefile", f".PHONY: setup\nsetup:\n\t{recipe}\n")
    team.commit()


@pytest.mark.skipif(sys.platform == "win32", reason="the recipe is a shell's")
def test_without_a_python_the_project_makes_its_own(begun: Begun) -> None:
    team = begun(0)
    making(team, f"ln -s '{sys.prefix}' .venv")
    outcome = team.move(1, check=True)
    assert outcome.code == 0
    assert "check: 1 passed" in outcome.told
    assert not team.there(".venv"), "it was made in the scratch copy"


@pytest.mark.skipif(sys.platform == "win32", reason="the recipe is a shell's")
def test_an_environment_that_cannot_be_made(begun: Begun) -> None:
    team = begun(0)
    making(team, "echo no index; exit 1")
    outcome = team.move(1, check=True)
    assert outcome.code == 2
    assert "no index" in outcome.told
    assert "--python names" in outcome.told
    assert team.level == 0
