"""A copy of a repo with commits of its own; the repo stays as it is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from training import made

from {{cookiecutter.package_name}}.deployment.promotion import workspaces
from {{cookiecutter.package_name}}.deployment.rehearsal import copied
from {{cookiecutter.package_name}}.deployment.rehearsal.copied import RehearsalError
from {{cookiecutter.package_name}}.training import environment

TEXT = """
first = 1

[training]   # how
task = "regression"
seed = 7     # any

[metric]
name = "mae"
"""


@pytest.fixture
def repo(root: Path, tmp_path: Path) -> Path:
    """A repo whose source is a folder elsewhere."""
    target = made.repo(tmp_path / "repo", root)
    for name in ("release.toml", "workspaces.toml", "modeltests.toml"):
        (target / name).write_text((root / name).read_text(encoding="utf-8"), encoding="utf-8")
    (target / ".gitignore").write_text("workspaces/\n", encoding="utf-8")
    (target / ".ladder.json").write_text('{"level": 3}', encoding="utf-8")
    return target


def files(repo: Path) -> dict[str, bytes]:
    found = (
        it for it in repo.rglob("*") if it.is_file() and it.relative_to(repo).parts[0] not in (".git", "workspaces")
    )
    return {it.relative_to(repo).as_posix(): it.read_bytes() for it in found}


def test_a_copy_has_commits_and_workspaces_of_its_own(repo: Path) -> None:
    before = files(repo)
    target = copied.make(repo)
    assert target == repo / copied.FOLDER
    assert copied.git(target, "log", "--format=%s").splitlines() == ["as it is"]
    assert copied.git(target, "status", "--porcelain") == ""
    for name in workspaces.load(target).names:
        assert workspaces.load(target).place(name).folder.is_dir()
    assert files(repo) == before
    (target / "marker").touch()
    assert not (copied.make(repo) / "marker").exists(), "it is made anew"


def test_a_copy_may_be_elsewhere_and_is_committed_where_something_was_changed(repo: Path) -> None:
    target = copied.make(repo, Path("workspaces", "other"))
    copied.edit(target / "project.toml", "training", seed=99)
    copied.commit(target, "another seed")
    copied.commit(target, "nothing to say")
    assert copied.git(target, "log", "--format=%s").splitlines() == ["another seed", "as it is"]
    assert tomllib.loads((target / "project.toml").read_text(encoding="utf-8"))["training"]["seed"] == 99


def test_only_where_libraries_are_not_the_locked_ones_are_they_allowed(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for differs, allowed in (([], []), (["numpy is another"], ["unlocked"])):
        monkeypatch.setattr(environment, "check", lambda _, found=differs: found)
        found = tomllib.loads((copied.make(repo) / "workspaces.toml").read_text(encoding="utf-8"))
        assert [found["workspace"][name].get("allows", []) for name in copied.TAKERS] == [allowed] * 2


def test_settings_are_changed_as_a_person_would() -> None:
    text = copied.with_settings(TEXT, "training", {"seed": 8, "test_fraction": 0.1})
    found = tomllib.loads(text)
    assert found["training"] == {"task": "regression", "seed": 8, "test_fraction": 0.1}
    assert (found["first"], found["metric"]) == (1, {"name": "mae"})
    assert "[training]   # how" in text
    with pytest.raises(RehearsalError, match=r"no line \[slices\]"):
        copied.with_settings(TEXT, "slices", {"keep": 1})


def test_what_git_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RehearsalError, match="git log failed"):
        copied.git(tmp_path, "log")
    monkeypatch.setattr(copied, "GIT", ("no-such-git",))
    with pytest.raises(RehearsalError, match="git is not installed"):
        copied.git(tmp_path, "log")
