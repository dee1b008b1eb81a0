"""Files that are whole or not there, and that outlive a crash of the machine."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

PART = ".part"


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step: who reads it sees the old content or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}{PART}")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    settle(path.parent)


def settle(folder: Path) -> None:
    """Make the renames in `folder` outlive a power cut, where the system can (Windows does so by itself)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """The digest of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
