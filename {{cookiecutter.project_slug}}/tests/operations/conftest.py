"""The repo of `repo.py`, for each test a copy; a room may have another. MLflow's own warnings are expected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment.promotion import world as promotion

from {{cookiecutter.package_name}}.deployment.release.world import World

from . import repo

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    promotion.expect_warnings(items, HERE)


@pytest.fixture
def world(root: Path, tmp_path: Path) -> Iterator[World]:
    yield from repo.world(root, tmp_path)
