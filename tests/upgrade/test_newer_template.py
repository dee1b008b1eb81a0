"""A newer template at the same level, and a base that can or cannot be made again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ladder import template
from ladder.template import PROJECT

from ..emission import done, replace
from . import toy
from .teams import Team, begin

CONFIG = "configs/train.yaml"


def aged(clone: Path, tmp_path: Path, level: int = 1) -> Team:
    """A team whose project is of version 1.0.0, with work in it, while the clone goes on to 1.1.0."""
    team = begin(tmp_path / "toy-model", level)
    team.edit(CONFIG, "folds: 3", "folds: 9")
    team.commit()
    toy.newer(clone)
    toy.commit(clone, "Second", "v1.1.0")
    return team


def test_a_newer_template_at_the_same_level(clone: Path, tmp_path: Path) -> None:
    team = aged(clone, tmp_path)
    outcome = team.move(None)
    assert outcome.code == 0
    assert "base: the template's commit" in outcome.told
    assert team.subjects()[0] == "Move to template 1.1.0 at level 1"
    assert "Read all of this." in team.read("docs/guide.md")
    assert "folds: 9" in team.read(CONFIG)
    assert team.there("docs/more.md")
    assert '"template_version": "1.1.0"' in team.read(".ladder.json")
    assert "nothing to do" in team.move(None).told


def test_a_climb_takes_the_newer_template_first(clone: Path, tmp_path: Path) -> None:
    team = aged(clone, tmp_path)
    assert team.move(3).code == 0
    assert team.subjects()[:3] == [
        "Climb from level 2 to 3: Three",
        "Climb from level 1 to 2: Two",
        "Move to template 1.1.0 at level 1",
    ]
    assert "Read all of this." in team.read("docs/guide.md")


def test_the_version_may_stay_while_the_template_changes(clone: Path, tmp_path: Path) -> None:
    """Between releases it does: the commit before the emission is what made the repo, not the tag."""
    replace(clone / PROJECT / "docs" / "model.md", "A line.", "Another line.")
    toy.commit(clone, "Between releases")
    team = begin(tmp_path / "toy-model", 1)
    replace(clone / PROJECT / "docs" / "model.md", "Another line.", "A third line.")
    toy.commit(clone, "Again")
    outcome = team.move(None)
    assert outcome.code == 0
    assert "A third line." in team.read("docs/model.md")
    between = done("git", "rev-parse", "HEAD~1", cwd=clone).strip()
    assert f"the template's commit {between[:10]}" in outcome.told


@pytest.fixture
def alone(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """A team whose tool is a newer version that brings no history, as an installed package does."""
    team = aged(clone, tmp_path)
    package = shutil.copytree(clone, tmp_path / "package", ignore=shutil.ignore_patterns(".git"))
    monkeypatch.setattr(template, "root", lambda: package)
    return team


def test_without_the_old_template_the_base_is_approximate_and_it_says_so(alone: Team) -> None:
    outcome = alone.move(2)
    assert outcome.code == 0
    assert "warning: template 1.0.0 is not at hand, so the base is approximate" in outcome.told
    assert "--template" in outcome.told
    assert (alone.level, "folds: 9" in alone.read(CONFIG)) == (2, True)
    assert alone.there("pipelines/train.yml")
    assert "Read this." in alone.read("docs/guide.md"), "what was mended since does not come along"


def test_without_the_old_template_the_same_level_is_refused(alone: Team) -> None:
    outcome = alone.move(None)
    assert outcome.code == 2
    assert "the template 1.0.0 that made this repo is not at hand" in outcome.told
    assert "--template" in outcome.told


def test_a_clone_that_is_named_has_the_old_template(alone: Team, clone: Path) -> None:
    outcome = alone.move(2, template=clone)
    assert outcome.code == 0
    assert "warning" not in outcome.told
    assert "Read all of this." in alone.read("docs/guide.md")


def test_a_bare_clone_will_do(alone: Team, clone: Path, tmp_path: Path) -> None:
    done("git", "clone", "-q", "--bare", clone.as_uri(), "bare.git", cwd=tmp_path)
    outcome = alone.move(2, template=tmp_path / "bare.git")
    assert outcome.code == 0
    assert "warning" not in outcome.told


def test_a_folder_with_the_old_template_will_do(alone: Team, toy_template: Path) -> None:
    outcome = alone.move(2, template=toy_template)
    assert outcome.code == 0
    assert f"base: the template in {toy_template}" in outcome.told


def test_a_template_without_tags_is_found_by_its_commits(alone: Team, clone: Path) -> None:
    done("git", "tag", "-d", "v1.0.0", "v1.1.0", cwd=clone)
    assert "warning" not in alone.move(2, template=clone).told


def test_a_tag_on_something_else_does_not_mislead(alone: Team, clone: Path) -> None:
    done("git", "tag", "-f", "v1.0.0", "HEAD", cwd=clone)
    outcome = alone.move(2, template=clone)
    assert outcome.code == 0
    assert "warning" not in outcome.told


def test_what_is_no_template_is_refused(alone: Team, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    outcome = alone.move(2, template=tmp_path / "other")
    assert outcome.code == 2
    assert "is no template" in outcome.told


def test_hooks_of_an_old_template_are_not_run(alone: Team, clone: Path, tmp_path: Path) -> None:
    done("git", "switch", "-q", "--detach", "v1.0.0", cwd=clone)
    for hook in (clone / "hooks").glob("*.py"):
        hook.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n" + hook.read_text(encoding="utf-8"), encoding="utf-8")
    outcome = alone.move(2, template=clone)
    assert outcome.code == 0
    assert f"base: the template in {clone}" in outcome.told
    assert not (tmp_path / "ran").exists()


def test_an_approximate_base_carries_the_step_over_and_no_more(alone: Team) -> None:
    replace(template.root() / PROJECT / CONFIG, "rows: 100", "rows: 200")
    assert alone.move(2).code == 0
    assert "rows: 100" in alone.read(CONFIG)
    assert "folds: 9" in alone.read(CONFIG)
