"""A model that is served, with all that it stands on; and a copy of that repo for each test that spoils something."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.promotion import promote
from {{cookiecutter.package_name}}.deployment.serving import state
from {{cookiecutter.package_name}}.training.registry import Registry

from ..promotion import world

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    world.expect_warnings(items, HERE)


@pytest.fixture(autouse=True)
def no_workspace_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in world.OF_THE_PERSON:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def promoted(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo whose version came to production. Never change it: `repo` is a copy."""
    repo = world.copied(root, tmp_path_factory.mktemp("promoted") / "repo")
    dev, registry, prod = (world.place(repo, name) for name in ("dev", "registry", "prod"))
    promote.promote("1", dev, registry, world.CLOCK, "tester")
    promote.promote("1", registry, prod, world.CLOCK, "tester")
    return repo


def deployed(root: Path) -> Path:
    """All traffic goes to the version in production."""
    prod = world.place(root, "prod")
    (version,) = Registry(prod, world.CLOCK).versions()
    folder = world.artifacts(root, "prod") / "handoff"
    steps = state.deploy("blue", version.number, version.sha256, folder), state.route({"blue": 100})
    state.Endpoint(prod).change(*steps, at=world.CLOCK.now(), by="tester", reason="a test")
    return root


@pytest.fixture(scope="session")
def served(promoted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo to look at, and to change nothing in."""
    return deployed(world.duplicate(promoted, tmp_path_factory.mktemp("served") / "repo"))


@pytest.fixture
def repo(promoted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to spoil, in which the test stands."""
    copy = world.duplicate(promoted, tmp_path / "repo")
    monkeypatch.chdir(copy)
    return deployed(copy)
