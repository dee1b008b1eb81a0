"""What can be run of a repo, and the copy that it is run in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..repo import SKIPPED, quiet

LARGEST = 2 * 2**30  # bytes of a folder that is copied
GIT = ("-c", "user.name=ladder verify", "-c", "user.email=verify@localhost", "-c", "commit.gpgsign=false")


def interpreter(root: Path) -> Path | None:
    """The Python of the repo's own environment."""
    inner = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    return next((path for name in (".venv", "venv") if (path := root / name / inner).exists()), None)


def package_of(root: Path) -> str | None:
    """The package whose command is `mlops`."""
    found = sorted(path.parent.name for path in root.glob("src/*/__main__.py"))
    return found[0] if len(found) == 1 and (root / "project.toml").is_file() else None


def hindrance(root: Path, python: Path | None, package: str | None) -> str:
    """Why nothing can be run; empty where something can."""
    if package is None:
        return "it has no `mlops` command that is known here, and whose effects are"
    if python is None:
        return "it has no environment of its own: make setup, or --python"
    size = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED]
        size += sum(path.stat().st_size for name in names if (path := Path(folder, name)).is_file())
        if size > LARGEST:
            return f"its files are more than {LARGEST // 2**30} GB, and a copy is made of them"
    return ""


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """A copy under git, all of it committed: runs ask for that."""
    left_out = shutil.ignore_patterns(*SKIPPED, "models", "handoff", "reports", "*.egg-info")
    with tempfile.TemporaryDirectory(prefix="ladder-verify-") as scratch:
        copy = Path(shutil.copytree(root, Path(scratch, root.name), ignore=left_out, symlinks=True))
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--allow-empty", "-m", "As it was looked at"]):
            subprocess.run(["git", *GIT, *words], cwd=copy, env=quiet(), capture_output=True, check=False)
        yield copy
