"""The repo of `fleet.py`, and a copy of it for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.release.world import World

from ..promotion import world as promotion
from . import fleet

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    promotion.expect_warnings(items, HERE)


@pytest.fixture(autouse=True)
def no_workspace_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in promotion.OF_THE_PERSON:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repo(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy with three registered versions, in which the test stands."""
    copy = fleet.copied(root, tmp_path / "repo")
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture
def world(repo: Path) -> World:
    return fleet.world_of(repo)
