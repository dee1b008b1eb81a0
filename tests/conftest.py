"""Renders that the tests share: each level and CI provider is emitted once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from ladder import template

from . import emission
from .emission import UV, done

Rendered = Callable[..., Path]
Baked = Callable[[int], Path]


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """`rendered(level, ci)`: a project emitted in this process. Read it, do not write into it."""

    @cache
    def emit(level: int, ci: str = "github") -> Path:
        answers = {"maturity_level": str(level), "ci_provider": ci}
        return template.render(answers, tmp_path_factory.mktemp(f"level-{level}-{ci}"))

    return emit


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the generator for a test to break; `template.render` renders from it."""
    copy = emission.copy_of_generator(tmp_path / "generator")
    monkeypatch.setattr(template, "root", lambda: copy)
    return copy


@pytest.fixture(scope="session")
def baked(tmp_path_factory: pytest.TempPathFactory) -> Baked:
    """`baked(level)`: the level emitted, with its own environment in `.venv`."""

    @cache
    def bake(level: int) -> Path:
        answers = {"project_slug": f"level-{level}", "maturity_level": str(level)}
        made = template.render(answers, tmp_path_factory.mktemp("baked"))
        options = (f"PYTHON={sys.executable}", f"PIP={UV} pip")
        done("make", "setup", *options, cwd=made, env={"UV_PYTHON": str(python(made))})
        return made

    return bake


def python(project: Path) -> Path:
    """The Python of a project's own environment."""
    return project / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def worker_group(item: pytest.Item) -> str:
    """The tests that share what is dear to make go to one worker: an environment of a level, else what a module makes.

    A level's own tests are the longest of all, and worth an environment of their own.
    """
    if "baked" not in getattr(item, "fixturenames", ()):
        return item.path.parent.name if item.path.parent.name == "delivery" else item.path.stem
    params: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    level = params.get("level", params.get("bikes", 1))
    return f"own-tests-{level}" if "own_tests" in item.name and level else f"level-{level}"


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker is left with one of them in the end."""
    groups = {item: worker_group(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: (not groups[item].startswith("own-tests"), not groups[item].startswith("level")))
