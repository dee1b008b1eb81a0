"""The lock names one version of each package for each platform, and knows who asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.training import lock

TEXT = """# a comment
alpha==1.0  # via pyproject.toml
beta==2.1.0 ; sys_platform == 'win32'  # via alpha
gamma[more]==3 ; python_full_version < '3.12'  # via alpha, delta
gamma[more]==4 ; python_full_version >= '3.12'  # via alpha, delta
delta==5  # via pyproject.toml
"""
PYPROJECT = (
    '[project]\nname = "x"\ndependencies = ["Alpha>=1"]\n[project.optional-dependencies]\ntraining = ["delta"]\n'
)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "training.lock").write_text(TEXT, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    return tmp_path


def at(python: str, platform: str) -> dict[str, str]:
    return {"python_full_version": python, "sys_platform": platform}


def test_a_line_counts_where_its_marker_does(repo: Path) -> None:
    old, new = lock.load(repo, at("3.11.4", "linux")), lock.load(repo, at("3.13.0", "win32"))
    assert {name: pin.version for name, pin in old.items()} == {"alpha": "1.0", "gamma": "3", "delta": "5"}
    assert {name: pin.version for name, pin in new.items()} == {
        "alpha": "1.0",
        "beta": "2.1.0",
        "gamma": "4",
        "delta": "5",
    }


def test_what_is_needed_is_found_through_those_who_ask(repo: Path) -> None:
    pins = lock.load(repo, at("3.11.4", "linux"))
    assert lock.declared(repo) == {"alpha", "delta"}
    assert list(lock.closure(pins, {"delta"})) == ["delta", "gamma"]
    assert list(lock.closure(pins, {"nothing"})) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [("alpha>=1", "'alpha>=1' does not name one version"), ("alpha", "does not name"), ("=1", "is no requirement")],
    ids=["a bound", "no version", "no name"],
)
def test_a_line_that_pins_nothing_is_refused(repo: Path, line: str, said: str) -> None:
    (repo / "environments" / "training.lock").write_text(TEXT + line + "\n", encoding="utf-8")
    with pytest.raises(lock.LockError, match=said):
        lock.load(repo)


def test_without_a_lock_it_is_said_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(lock.LockError, match="make lock"):
        lock.load(tmp_path)


def test_this_repo_s_lock_holds_all_that_is_asked_for_and_names_no_project(root: Path) -> None:
    assert lock.declared(root, lock.EXTRAS) <= set(lock.load(root))
    asked = {who for pin in lock.parse(lock.read(root), "lock") for who in pin.asked}
    strange = asked - {pin.name for pin in lock.parse(lock.read(root), "lock")} - {lock.PROJECT}
    assert strange == set(), "who asks is in the lock itself, or is pyproject.toml"
