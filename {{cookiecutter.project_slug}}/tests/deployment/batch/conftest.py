"""Models that are made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.service.served import Served

from . import made


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Task -> a hand-off folder; do not change it."""
    return {task: made.trained(tmp_path_factory.mktemp(task), task) for task in made.METRICS}


@pytest.fixture(scope="session")
def models(folders: dict[str, Path]) -> dict[str, Served]:
    return {task: Served(handoff.load(folder)) for task, folder in folders.items()}


@pytest.fixture(scope="session")
def model(models: dict[str, Served]) -> Served:
    return models["regression"]
