"""A repo for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployment.promotion.world import OF_THE_PERSON

from {{cookiecutter.package_name}}.deployment.release.world import World

from . import made


@pytest.fixture(autouse=True)
def no_workspace_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OF_THE_PERSON:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    return made.repo(tmp_path)
