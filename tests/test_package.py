"""The installed package: it brings the template with it, and emits what the repo emits."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from ladder import template

from . import emission
from .conftest import python
from .emission import REPO, UV, done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    done(UV, "build", "--quiet", "--out-dir", out, REPO, cwd=out)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_generator_and_nothing_else(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    packed = tmp_path / "ladder" / "template"
    assert emission.files(packed) == emission.files(emission.copy_of_generator(tmp_path / "generator"))
    assert emission.CACHES.isdisjoint(path.name for path in tmp_path.rglob("*"))
    assert not (tmp_path / "tests").exists()


def test_the_installed_ladder_emits_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    interpreter = python(tmp_path)
    done(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / ".venv", cwd=tmp_path)
    done(UV, "pip", "install", "--quiet", "--python", interpreter, wheel, cwd=tmp_path)
    assert "4  Full MLOps" in done(interpreter, "-m", "ladder", "levels", cwd=tmp_path)
    done(interpreter, "-m", "ladder", "new", "trip-duration", "--level", "3", cwd=tmp_path)
    (tmp_path / "repo").mkdir()
    made = template.render({"maturity_level": "3"}, tmp_path / "repo")
    assert emission.files(tmp_path / "trip-duration") == emission.files(made)
