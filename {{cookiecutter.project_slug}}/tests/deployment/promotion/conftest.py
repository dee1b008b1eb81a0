"""The repo of `world.py`, and a copy of it for each test that promotes or spoils something."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import world

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    world.expect_warnings(items, HERE)


@pytest.fixture(autouse=True)
def no_workspace_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in world.OF_THE_PERSON:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def ran(root: Path) -> Path:
    return world.ran(root)


@pytest.fixture
def repo(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that repo, in which the test stands."""
    copy = world.copied(root, tmp_path / "repo")
    monkeypatch.chdir(copy)
    return copy
