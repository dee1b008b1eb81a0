"""Is it what was written down?"""

from __future__ import annotations

from pathlib import Path

from ...errors import ModelError
from ...model import handoff


def digest(path: Path) -> str:
    """sha256 of a file, empty where there is none."""
    return handoff.sha256(path) if path.is_file() else ""


def same(what: str, seen: str, expected: str) -> None:
    """Raises `ModelError` where something is not what was written down."""
    if seen != expected:
        wrong = f"it was altered: {what} is {short(seen) or 'absent'}, recorded was {short(expected)}"
        raise ModelError(wrong, fix="do not use it; restore the artifacts, or train again")


def short(said: str) -> str:
    """The beginning of a digest, and most of anything else."""
    return said[:12] if len(said) == 64 else said[:64]
