"""A model that was trained, handed off and accepted, as people would do it, from the project's own sample."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import clock
from {{cookiecutter.package_name}}.model import project, train
from {{cookiecutter.package_name}}.service import accept, standin, store


@pytest.fixture(scope="session")
def schema() -> project.Schema:
    """Of this repo's own `project.toml`, whatever the user put there."""
    return project.load(Path(__file__).parents[2] / "project.toml").schema_only


@pytest.fixture(scope="session")
def handoff(schema: project.Schema, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hand-off folder with a model of made-up rows."""
    root = tmp_path_factory.mktemp("handoff")
    standin.rows(schema).to_parquet(root / "rows.parquet")
    train.run(schema, root / "rows.parquet", root / "handoff")
    return root / "handoff"


@pytest.fixture(scope="session")
def models(handoff: Path, schema: project.Schema, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of accepted models that holds it."""
    root = tmp_path_factory.mktemp("models")
    time = clock.SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    accept.run(handoff, schema, store.Store(root), time, by="integration test", reason="integration test")
    return root
