"""Models, each made once, and a workspace of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.workspace import Workspace

from . import made
from .alive import World


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> a hand-off folder, not to be changed; `double` answers some two minutes a kilometre, `triple` three."""
    root = tmp_path_factory.mktemp("models")
    out = {name: made.trained(root / name, slope) for name, slope in (("double", 2.0), ("triple", 3.0))}
    return {**out, "classes": made.trained(root / "classes", 2.0, "binary")}


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def world(place: Workspace, models: dict[str, Path]) -> Iterator[World]:
    """An endpoint whose gateway and scorers run in threads of this process."""
    with World(place, models) as made_world:
        yield made_world
