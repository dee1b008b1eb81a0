"""What a killed run left behind: files that no commit names."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from . import quarantine
from .manifest import Manifest

OURS = re.compile(r"\.?[0-9a-f]{16}\.parquet(\.part)?")


def sweep(root: Path, known: list[Manifest]) -> None:
    """Remove the leftovers of a landed folder and of its quarantine. Only names that we give ourselves are touched."""
    named = {file.path for manifest in known for file in manifest.files}
    named |= {retired.path for manifest in known for retired in manifest.retired}
    for folder in (*root.glob("day=*"), *root.glob("month=*")):
        for path in folder.iterdir():
            if OURS.fullmatch(path.name) and f"{folder.name}/{path.name}" not in named:
                drop(path)
        with suppress(OSError):  # it is not empty
            folder.rmdir()
    quarantine.sweep(root, known)


def drop(path: Path) -> None:
    """Remove a file; one that a reader holds open on Windows stays until the next run."""
    with suppress(FileNotFoundError, PermissionError):
        path.unlink()
