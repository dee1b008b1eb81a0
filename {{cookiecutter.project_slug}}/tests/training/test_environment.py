"""What is installed is compared with the lock, and Azure's environment follows from it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.training import azure_environment, environment, lock

CONDA = azure_environment.FOLDER / "conda.yml"


@pytest.fixture
def repo(root: Path, tmp_path: Path) -> Path:
    """A copy of what the environment is declared by."""
    for name in ("pyproject.toml", lock.PATH.as_posix()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, tmp_path / name)
    shutil.copytree(root / azure_environment.FOLDER, tmp_path / azure_environment.FOLDER)
    return tmp_path


def altered(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(old, text, re.MULTILINE)
    path.write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE), encoding="utf-8")


# --- here


def test_another_version_than_the_locked_one_is_named(repo: Path) -> None:
    before = environment.check(repo)
    altered(repo / lock.PATH, r"^skops==[\w.]+", "skops==0.0.1")
    (said,) = set(environment.check(repo)) - set(before)
    assert re.fullmatch(r"skops is [\d.]+, and 0\.0\.1 is locked", said)


def test_a_package_that_is_not_installed_is_named(repo: Path) -> None:
    with (repo / lock.PATH).open("a", encoding="utf-8") as file:
        file.write("no-such-package==1.0  # via skops\n")
    assert "no-such-package 1.0 is locked and not installed" in environment.check(repo)


def test_a_package_that_is_asked_for_and_not_locked_is_named(repo: Path) -> None:
    altered(repo / "pyproject.toml", r"^dependencies = \[", 'dependencies = ["no-such-package",')
    assert "no-such-package is in pyproject.toml and not in training.lock" in environment.check(repo)


def test_the_digest_follows_what_training_needs_and_nothing_else(repo: Path) -> None:
    before = environment.digest(repo)
    altered(repo / lock.PATH, r"^ruff==[\w.]+", "ruff==0.0.1")
    assert environment.digest(repo) == before
    altered(repo / lock.PATH, r"^skops==[\w.]+", "skops==0.0.1")
    assert environment.digest(repo) != before


# --- Azure's


def test_azure_s_environment_is_what_the_lock_gives(root: Path) -> None:
    assert azure_environment.check(root) == []


SABOTAGES = {
    "a version altered there": (CONDA, r"skops==[\w.]+", "skops==0.0.1", "has skops==0.0.1"),
    "a version altered in the lock": (lock.PATH, r"^skops==[\w.]+", "skops==0.0.1", "lacks skops==0.0.1"),
    "a package less": (CONDA, r"^ +- pyarrow==.*\n", "", "lacks pyarrow=="),
    "a package more": (CONDA, r"^ +- pyarrow==", "      - leftpad==1.0\n      - pyarrow==", "has leftpad==1.0"),
    "another image": (azure_environment.FOLDER / "environment.yml", "^image: .*", "image: latest", "has image: latest"),
}


@pytest.mark.parametrize(("path", "old", "new", "said"), SABOTAGES.values(), ids=SABOTAGES)
def test_a_difference_is_named_until_it_is_derived_anew(repo: Path, path: Path, old: str, new: str, said: str) -> None:
    altered(repo / path, old, new)
    assert said in "\n".join(azure_environment.check(repo))
    assert azure_environment.export(repo)
    assert azure_environment.check(repo) == []
    assert azure_environment.export(repo) == []


def test_what_differs_is_in_the_table_with_its_reason_and_nothing_else_does(root: Path) -> None:
    locked, there = lock.load(root, azure_environment.place()), azure_environment.pins(root)
    differing = {name for name, version in there.items() if name not in locked or locked[name].version != version}
    absent = lock.declared(root) - set(there)
    assert differing | absent == set(azure_environment.DIFFERENT)
    head = (root / CONDA).read_text(encoding="utf-8").partition("channels:")[0]
    for name, it in azure_environment.DIFFERENT.items():
        assert f"# {name} {it.version or 'is left out'}: {it.reason}\n" in head


def test_its_version_follows_from_what_is_in_it(repo: Path) -> None:
    def version() -> str:
        return next(
            line for line in azure_environment.rendered(repo)["environment.yml"].splitlines() if "version:" in line
        )

    before = version()
    assert version() == before
    altered(repo / lock.PATH, r"^skops==[\w.]+", "skops==0.0.1")
    assert version() != before


def test_in_a_job_of_azure_it_is_the_derived_environment_that_counts(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = azure_environment.pins(repo)
    monkeypatch.setattr(environment, "installed", wanted.get)
    assert environment.check(repo) == []
    wanted["mlflow-skinny"] = "3.99"
    assert environment.check(repo) == ["mlflow-skinny is 3.99, and 3.15.0 is locked"]


# --- locking


def test_a_lock_is_written_without_the_project_s_name() -> None:
    text = "skops==1.0          # via mine (pyproject.toml), mlflow\nalpha==2 # via mine (pyproject.toml:dev)\n"
    assert environment.plain(text) == "skops==1.0  # via mlflow, pyproject.toml\nalpha==2  # via pyproject.toml\n"


def test_a_request_that_nothing_can_meet_is_told_and_changes_nothing(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered(repo / "pyproject.toml", r"^dependencies = \[", 'dependencies = ["click>9", "click<8",')
    monkeypatch.setenv("UV_OFFLINE", "1")
    before = lock.read(repo)
    with pytest.raises(lock.LockError, match="finds no solution"):
        environment.relock(repo)
    assert lock.read(repo) == before
