"""A hand-off folder for each task, made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.model import evaluate, frame, threads, train

from . import tables


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Task -> a hand-off folder; do not change it."""
    out = {}
    for task in tables.METRICS:
        root = tmp_path_factory.mktemp(task)
        frame.write(tables.rows(task), root / "table.csv")
        train.run(tables.schema(task), root / "table.csv", root / "handoff")
        out[task] = root / "handoff"
    return out


@pytest.fixture(autouse=True, scope="session")
def quick() -> Iterator[None]:
    """A shorter bootstrap and one thread: these tables are small, and their answers clear."""
    with pytest.MonkeyPatch.context() as patch, threads.for_rows(0):
        patch.setattr(evaluate, "RESAMPLES", 60)
        yield


@pytest.fixture
def folder(made: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the regression's hand-off folder, to spoil."""
    return shutil.copytree(made["regression"], tmp_path / "handoff")
