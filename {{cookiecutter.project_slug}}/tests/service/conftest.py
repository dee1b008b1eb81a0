"""Hand-off folders and running applications, each made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from {{cookiecutter.package_name}}.model import frame, train
from {{cookiecutter.package_name}}.service import app, served

from . import made, running


@pytest.fixture(scope="session")
def handoffs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Task -> a hand-off folder; do not change it."""
    out = {}
    for task in made.METRICS:
        root = tmp_path_factory.mktemp(task)
        frame.write(made.rows(task), root / "table.csv")
        train.run(made.schema(task), root / "table.csv", root / "handoff")
        out[task] = root / "handoff"
    return out


@pytest.fixture
def folder(handoffs: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the regression's hand-off folder, to spoil."""
    return shutil.copytree(handoffs["regression"], tmp_path / "handoff")


@pytest.fixture(scope="session")
def models(handoffs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, served.Served]:
    """Task -> the accepted model, ready to score."""
    root = tmp_path_factory.mktemp("models")
    return {task: served.Served(made.accepted(folder, root / task).load()) for task, folder in handoffs.items()}


@pytest.fixture(scope="session")
def client(models: dict[str, served.Served]) -> Iterator[httpx.Client]:
    """A caller of the regression's service."""
    with running.service(app.create(models["regression"])) as client:
        yield client
