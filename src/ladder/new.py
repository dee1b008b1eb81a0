"""`ladder new`: a project at a maturity level, all of it or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from . import template
from .errors import DescribeError, PathError


def create(path: Path, answers: Mapping[str, str], data: Path | None = None, target: str | None = None) -> None:
    """Emit a project into `path`, with a `project.toml` for the table in `data` if given.

    It is made in a folder beside `path` and renamed as the last step, so that a failure leaves nothing behind.
    """
    path = free(path.resolve())
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent, ignore_cleanup_errors=True) as beside:
        made = template.render({"project_slug": path.name, **answers}, Path(beside))
        if data and target:
            describe(made, data, target)
        if path.exists():
            path.rmdir()
        made.replace(path)


def free(path: Path) -> Path:
    """The path, if a project can go there. Raises `PathError`."""
    if path.exists() and (not path.is_dir() or any(path.iterdir()) or path.samefile(Path.cwd())):
        raise PathError(f"{path} is there already", fix="name a folder that is not there, or an empty one")
    if not path.parent.is_dir():
        raise PathError(f"{path.parent} is not a folder", fix="make it first, or name another place")
    return path


def describe(made: Path, data: Path, target: str) -> None:
    """Have the emitted project describe the table; the `project.toml` that it proposes replaces the sample's.

    It runs in the folder around the project, which is as deep as the project will be: a relative path holds for both.
    """
    package = next((made / "src").iterdir()).name
    shown = relative(data.resolve(), made.parent)
    command = [sys.executable, "-m", package, "data", "describe", shown, "--target", target, "--write"]
    found = [str(made / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    where = {**os.environ, "PYTHONPATH": os.pathsep.join(found), "PYTHONDONTWRITEBYTECODE": "1"}
    if subprocess.run(command, cwd=made.parent, env=where, check=False).returncode:
        raise DescribeError(f"nothing was written, for {data} could not be described", fix="do as the lines above say")
    (made.parent / "project.toml").replace(made / "project.toml")


def relative(path: Path, start: Path) -> str:
    """`path` as seen from `start`; absolute where Windows has them on two drives."""
    try:
        return Path(os.path.relpath(path, start)).as_posix()
    except ValueError:
        return path.as_posix()
