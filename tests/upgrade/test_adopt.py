"""`ladder adopt`: a repo that was not generated gets a level's files beside its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ladder import adopt
from ladder.adopt import Wish
from ladder.errors import LadderError

from ..emission import done
from .teams import Outcome, Team

MINE = {
    "README.md": "# Rides\n\nOur own words.\n",
    "pyproject.toml": '[project]\nname = "rides"\n',
    "rides/train.py": "print('ours')\n",
    "docs/guide.md": "Our guide.\n",
    "tests/test_ours.py": "def test_ours():\n    assert 1\n",
}


@pytest.fixture
def plain(toyed: Path, tmp_path: Path) -> Team:  # noqa: ARG001
    """A team with a folder of their own, without git."""
    team = Team(tmp_path / "My_Rides", tmp_path / "My_Rides")
    for name, text in MINE.items():
        team.write(name, text)
    return team


@pytest.fixture
def own(plain: Team) -> Team:
    """A team with a repo of their own."""
    plain.git("init", "-q", "-b", "main")
    plain.commit("Ours")
    return plain


def adopting(team: Team, level: int = 1, *, dry_run: bool = False, **answers: Any) -> Outcome:
    said: list[str] = []
    try:
        code = adopt.run(Wish(team.project, level, answers, dry_run), said.append)
    except LadderError as error:
        return Outcome(error.code, "\n".join([*said, f"error: {error}"]))
    return Outcome(code, "\n".join(said))


def kept(team: Team) -> bool:
    """Is everything that was theirs as it was?"""
    return all(team.read(name) == text for name, text in MINE.items())


def test_it_adds_and_overwrites_nothing(own: Team) -> None:
    outcome = adopting(own, 2)
    assert outcome.code == 0
    assert kept(own)
    assert own.there("src/my_rides/train.py", "tests/test_train.py", "pipelines/train.yml", ".github/workflows/ci.yml")
    assert (own.status(), own.level, own.subjects()) == ([], 2, ["Adopt level 2", "Ours"])


def test_it_says_what_it_left_out_and_why(own: Team) -> None:
    outcome = adopting(own)
    for name in ("README.md", "pyproject.toml", "docs/guide.md"):
        assert f"LEFT OUT      {name}: yours is kept" in outcome.told
    assert json.loads(own.read(".ladder.json"))["left_out"] == ["README.md", "docs/guide.md", "pyproject.toml"]
    line = next(line for line in outcome.told.splitlines() if "docs/guide.md" in line)
    shown = own.git("show", line.rpartition("git show ")[2].split()[0])
    assert shown == "# Guide\n\nRead this.", "the level's own text can be read by what is printed"


def test_what_was_left_out_takes_no_part_in_later_moves(own: Team) -> None:
    assert adopting(own, 0).code == 0
    outcome = own.move(3)
    assert outcome.code == 0
    assert "left alone, as when the repo was adopted: README.md, docs/guide.md, pyproject.toml" in outcome.told
    assert kept(own)
    assert own.level == 3
    assert own.move(1).code == 0
    assert kept(own)
    assert json.loads(own.read(".ladder.json"))["left_out"] == ["README.md", "docs/guide.md", "pyproject.toml"]


def test_an_adopted_repo_climbs_as_a_generated_one(own: Team) -> None:
    assert adopting(own, 0).code == 0
    own.edit("src/my_rides/train.py", "len(rows)", "len(rows[1:])")
    own.commit()
    assert own.move(2).code == 0
    text = own.read("src/my_rides/train.py")
    assert "import logging" in text
    assert "len(rows[1:])" in text


def test_the_same_text_is_not_left_out(own: Team, toyed: Path) -> None:
    from ladder.template import PROJECT

    own.write("docs/guide.md", (toyed / PROJECT / "docs" / "guide.md").read_bytes())
    own.commit()
    outcome = adopting(own)
    assert "the same   1  docs/guide.md" in outcome.told
    assert "docs/guide.md" not in json.loads(own.read(".ladder.json"))["left_out"]


def test_without_git_the_files_are_written(plain: Team) -> None:
    outcome = adopting(plain, 1)
    assert outcome.code == 0
    assert "git init begins that" in outcome.told
    assert kept(plain)
    assert plain.there("src/my_rides/train.py", ".ladder.json")
    assert not plain.there(".ladder-adopt")
    assert plain.move(2, begin_git=lambda _: True).code == 0


def test_uncommitted_and_ignored_files_are_left_alone(own: Team) -> None:
    own.write(".git/info/exclude", "legacy/\n")
    own.write("legacy/handoff.md", "MY IGNORED WORK\n")
    own.write("configs/train.yaml", "MY UNTRACKED WORK\n")
    own.edit("README.md", "own words", "very own words")
    outcome = adopting(own, 0)
    assert outcome.code == 0
    assert own.read("legacy/handoff.md") == "MY IGNORED WORK\n"
    assert own.read("configs/train.yaml") == "MY UNTRACKED WORK\n"
    assert own.status() == [" M README.md", "?? configs/"]
    left_out = json.loads(own.read(".ladder.json"))["left_out"]
    assert {"legacy/handoff.md", "configs/train.yaml"} < set(left_out)


def test_a_file_that_is_committed_and_not_there_is_not_taken_for_ours(own: Team) -> None:
    (own.project / "docs/guide.md").unlink()
    outcome = adopting(own, 0)
    assert "docs/guide.md: the repo has it, though it is not checked out" in outcome.told
    assert own.status() == [" D docs/guide.md"]


def test_a_file_where_a_folder_has_to_be(own: Team) -> None:
    own.write("scripts", "a file\n")
    own.commit()
    outcome = adopting(own, 0)
    assert "scripts/run.sh: scripts is not a folder" in outcome.told
    assert own.read("scripts") == "a file\n"


@pytest.mark.skipif(sys.platform != "linux", reason="names that differ by case are one name there")
def test_a_name_that_differs_by_case_alone(own: Team) -> None:
    own.git("mv", "README.md", "Readme.md")
    own.commit()
    outcome = adopting(own, 0)
    assert "README.md: Readme.md differs from it by case alone" in outcome.told
    assert not own.there("README.md")


def test_ignore_rules_that_hide_the_new_files_are_told(own: Team) -> None:
    own.write(".gitignore", "steps/\n")
    own.commit()
    outcome = adopting(own, 0)
    assert "warning: this repo ignores" in outcome.told
    assert "src/my_rides/steps/load.py" in own.files()


def test_a_dry_run_touches_nothing(own: Team) -> None:
    head = own.head()
    outcome = adopting(own, 2, dry_run=True)
    assert outcome.code == 0
    assert "LEFT OUT      README.md" in outcome.told
    assert (own.head(), own.status(), own.there(".ladder.json")) == (head, [], False)


def test_a_folder_of_a_larger_repo(toyed: Path, tmp_path: Path) -> None:
    top = tmp_path / "mono"
    team = Team(top / "services" / "rides", top)
    team.write("README.md", "ours\n")
    done("git", "init", "-q", "-b", "main", cwd=top)
    team.commit()
    assert adopting(team, 1).code == 0
    assert done("git", "diff", "--name-only", "HEAD~1", "--", ":!services/rides", cwd=top) == ""
    assert (team.level, team.status(), toyed.exists()) == (1, [], True)
    assert team.move(2).code == 0


REFUSED = {
    "a package of that name": (
        "src/my_rides/mine.py",
        "src/my_rides/train.py",
        "the repo has a package my_rides",
        "--package",
    ),
    "a package of that name beside src": (
        "my_rides/__init__.py",
        "x.txt",
        "the repo has a package my_rides",
        "--package",
    ),
    "a level was emitted there": (".ladder.json", "x.txt", "a level was emitted here", "ladder upgrade --to 1"),
}


@pytest.mark.parametrize(("path", "other", "why", "fix"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_changes_nothing(own: Team, path: str, other: str, why: str, fix: str) -> None:
    own.write(path, "{}\n")
    own.write(other, "# ours\n")
    own.commit()
    head, outcome = own.head(), adopting(own, 1)
    assert outcome.code == 2
    assert why in outcome.told
    assert fix in outcome.told
    assert (own.head(), own.status()) == (head, [])


def test_another_package_name_goes_beside_the_own_one(own: Team) -> None:
    own.write("src/my_rides/train.py", "# ours\n")
    own.commit()
    assert adopting(own, 1, package_name="rides_ladder").code == 0
    assert own.read("src/my_rides/train.py") == "# ours\n"
    assert own.there("src/rides_ladder/train.py")


def test_a_name_that_the_template_refuses(own: Team, capfd: pytest.CaptureFixture[str]) -> None:
    outcome = adopting(own, 1, package_name="taken")
    assert outcome.code == 2
    assert "package_name 'taken'" in capfd.readouterr().err


def test_an_unfinished_merge_is_refused(own: Team) -> None:
    own.write(".git/MERGE_HEAD", own.head() + "\n")
    assert adopting(own, 1).code == 2


def test_a_level_or_a_folder_that_is_not_there(own: Team) -> None:
    assert "there is no level 7" in adopting(own, 7).told
    own.project = own.project / "nowhere"
    assert "is not a folder" in adopting(own, 1).told


NAMES = {"My_Rides": "my-rides", "rides": "rides", "Rides 2": "rides-2", "2nd try": "project-2nd-try", "--": "project"}


@pytest.mark.parametrize(("name", "slug"), NAMES.items(), ids=NAMES)
def test_a_folder_s_name_becomes_a_project_s(name: str, slug: str) -> None:
    assert adopt.slug(name) == slug
