"""Which code trains: what its digest depends on, and when all of it is committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.training import code

from . import made


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A committed repo of three files, in a folder of a larger one."""
    root = tmp_path / "whole" / "part"
    (root / "src" / "pack" / "deep").mkdir(parents=True)
    (root / "src" / "pack" / "deep" / "a.py").write_bytes(b"one = 1\ntwo = 2\n")
    (root / "project.toml").write_bytes(b"seed = 7\n")
    (root / "gate.toml").write_bytes(b"rows = 1\n")
    (root / ".gitignore").write_bytes(b"/data/\n")
    made.git(tmp_path / "whole", "init", "--quiet")
    made.commit(tmp_path / "whole", "first")
    return root


def test_a_clean_checkout_is_committed(repo: Path) -> None:
    found = code.state(repo)
    assert found.committed
    assert found.commit == made.git(repo, "rev-parse", "HEAD").strip()


@pytest.mark.parametrize("name", ["src/pack/deep/a.py", "gate.toml", "new.txt"])
def test_a_changed_or_unknown_file_is_named(repo: Path, name: str) -> None:
    (repo / name).write_text("changed", encoding="utf-8")
    found = code.state(repo)
    assert not found.committed
    assert len(found.changed) == 1
    assert found.changed[0].endswith(name)


def test_what_git_ignores_or_lies_outside_of_this_folder_is_not_asked_for(repo: Path) -> None:
    (repo / "data").mkdir()
    (repo / "data" / "rows.csv").write_text("1", encoding="utf-8")
    (repo.parent / "beside.txt").write_text("1", encoding="utf-8")
    assert code.state(repo).committed


def test_a_folder_that_its_repo_does_not_track_has_no_commit(repo: Path) -> None:
    strange = repo / "data"
    strange.mkdir()
    (strange / "project.toml").write_text("seed = 7\n", encoding="utf-8")
    found = code.state(strange)
    assert (found.commit, found.committed) == ("", False)
    assert "under version control" in found.changed[0]


def test_without_git_nothing_is_committed(repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code.git(repo, "status") is None
    assert not code.state(repo).committed


def test_the_digest_is_that_of_modules_and_project_whatever_their_line_ends(repo: Path) -> None:
    before = code.digest(repo)
    (repo / "src" / "pack" / "deep" / "a.py").write_bytes(b"one = 1\r\ntwo = 2\r\n")
    (repo / "gate.toml").write_bytes(b"rows = 2\n")
    assert code.digest(repo) == before


@pytest.mark.parametrize("name", ["src/pack/deep/a.py", "project.toml", "src/pack/new.py"])
def test_another_module_or_setting_is_another_digest(repo: Path, name: str) -> None:
    before = code.digest(repo)
    (repo / name).write_bytes(b"one = 2\n")
    assert code.digest(repo) != before
