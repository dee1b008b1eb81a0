"""Teams that work on projects of a tiny template; nothing of the person who runs the tests counts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from ladder import template
from ladder.moving import renders
from ladder.moving.renders import Renders

from . import teams, toy
from .teams import Team

Begun = Callable[..., Team]


@pytest.fixture(autouse=True)
def nobody_s_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in teams.ENV.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def toy_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny template. Read it, do not write into it."""
    return toy.make(tmp_path_factory.mktemp("toy") / "template")


@pytest.fixture(scope="session")
def toy_renders(tmp_path_factory: pytest.TempPathFactory) -> Renders:
    """Renders of the tiny template that the tests share: each level is made once."""
    return Renders(tmp_path_factory.mktemp("toy-renders"))


@pytest.fixture
def toyed(toy_template: Path, toy_renders: Renders, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tool brings the tiny template, and what it renders stays for the next test."""
    monkeypatch.setattr(template, "root", lambda: toy_template)
    monkeypatch.setattr(renders, "temporary", lambda: nullcontext(toy_renders))
    return toy_template


@pytest.fixture
def begun(toyed: Path, tmp_path: Path) -> Begun:  # noqa: ARG001
    """`begun(level)`: a team with a project of the tiny template."""

    def start(level: int = 0, name: str = "toy-model") -> Team:
        return teams.begin(tmp_path / name, level)

    return start


@pytest.fixture
def clone(toy_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny template as a clone with a tag, which the tool brings and a test may change."""
    folder = shutil.copytree(toy_template, tmp_path / "clone")
    monkeypatch.setattr(template, "root", lambda: folder)
    toy.commit(folder, "First", f"v{toy.VERSION}")
    return folder
