"""The control plane's stand-in, a session's identity, and names for everything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import azure.identity
import pytest
from training import fake_azure

from {{cookiecutter.package_name}}.deployment.infra import target

from ..promotion import world
from . import control_plane
from .control_plane import Plane

NAMES = (fake_azure.SUBSCRIPTION, fake_azure.GROUP, "westeurope", fake_azure.NAME, "shared-registry")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    world.expect_warnings(items, Path(__file__).parent)


@pytest.fixture(autouse=True)
def no_workspace_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in world.OF_THE_PERSON:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repo(root: Path, tmp_path: Path) -> Path:
    """The files that matter here, to spoil."""
    shutil.copytree(root / "azure", tmp_path / "azure")
    shutil.copyfile(root / "workspaces.toml", tmp_path / "workspaces.toml")
    return tmp_path


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plane]:
    """Azure, as far as these tests need it: the workspace `dev` is there."""
    for variable, text in zip(target.VARIABLES.values(), NAMES, strict=True):
        monkeypatch.setenv(variable, text)
    monkeypatch.setattr(azure.identity, "DefaultAzureCredential", fake_azure.Credential)
    with control_plane.standing() as found:
        yield found


@pytest.fixture
def fresh(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> Plane:
    """The same, and a workspace is named that is not there."""
    monkeypatch.setenv("AZURE_ML_WORKSPACE", "new")
    return plane
