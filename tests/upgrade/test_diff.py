"""`ladder diff`: what a step changes, as a tree and as a patch that git takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladder import diff
from ladder.errors import MoveError

from ..emission import done
from .conftest import Begun
from .teams import Team, emitted

ANSWERS = {"project_slug": "toy-model", "package_name": "toy_model", "ci_provider": "github"}


def shown(lower: int, higher: int, *, everything: bool = False) -> list[str]:
    return list(diff.lines(lower, higher, ANSWERS, everything=everything))


def test_the_tree_says_what_is_added_changed_and_removed(toyed: Path) -> None:
    lines = shown(0, 1)
    assert lines[0] == "level 0 to 1: 3 added, 5 changed, 1 removed"
    tree = lines[1 : lines.index("")]
    assert tree[:4] == ["  .github/", "    workflows/", "+     ci.yml", "+ .gitignore"]
    assert {"~ README.md", "-   handoff.md", "~   train.yaml", "+   test_train.py"} < set(tree)
    assert toyed.exists()


def test_the_diff_shows_files_of_both_sides_and_says_how_to_see_the_rest(toyed: Path) -> None:
    text = "\n".join(shown(0, 1))
    assert "-seed: 1\n+seed: 42\n+track: true\n" in text
    assert "def test_train" not in text
    assert "--all shows the text" in text
    assert "def test_train" in "\n".join(shown(0, 1, everything=True))
    assert toyed.exists()


@pytest.mark.parametrize(("lower", "higher"), [(0, 1), (1, 3), (3, 0)])
def test_the_whole_diff_is_a_patch(toyed: Path, tmp_path: Path, lower: int, higher: int) -> None:
    team = Team(emitted(tmp_path / "lower", lower, ANSWERS), tmp_path)
    patch = tmp_path / "patch"
    lines = shown(lower, higher, everything=True)
    patch.write_text("\n".join(lines[lines.index("") + 1 :]) + "\n", encoding="utf-8", newline="\n")
    done("git", "apply", "--whitespace=nowarn", patch, cwd=team.project)
    higher_one = emitted(tmp_path / "higher", higher, ANSWERS)
    wanted = {p.relative_to(higher_one): p.read_bytes() for p in higher_one.rglob("*") if p.is_file()}
    assert {p.relative_to(team.project): p.read_bytes() for p in team.project.rglob("*") if p.is_file()} == wanted
    assert toyed.exists()


def test_a_step_changes_in_a_repo_what_the_diff_says(begun: Begun) -> None:
    team = begun(0)
    assert team.move(1).code == 0
    lines = team.git("diff", "--name-status", "--no-renames", "HEAD~1").splitlines()
    counts = [sum(line.startswith(kind) for line in lines) for kind in "AMD"]
    assert shown(0, 1)[0] == "level 0 to 1: {} added, {} changed, {} removed".format(*counts)


def test_the_same_level_differs_in_nothing(toyed: Path) -> None:
    assert shown(2, 2)[0] == "level 2 to 2: 0 added, 0 changed, 0 removed"
    assert toyed.exists()


@pytest.mark.parametrize(("lower", "higher"), [(0, 7), (-1, 0)])
def test_a_level_that_is_not_there(toyed: Path, lower: int, higher: int) -> None:
    with pytest.raises(MoveError, match="there is no level"):
        shown(lower, higher)
    assert toyed.exists()


def test_a_binary_file_is_named_and_not_printed() -> None:
    lines = list(diff.Difference("a.bin", "M", b"\xff\0", b"\xff\1").lines())
    assert lines[-1] == "Binary files a/a.bin and b/a.bin differ"
