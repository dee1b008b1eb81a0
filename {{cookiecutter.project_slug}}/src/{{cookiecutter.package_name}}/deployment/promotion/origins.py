"""What a version leads back to, and whether that is still to be had: a commit, a lock, a state of the landed data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...data import landed
from ...data.manifest import digest as state_of
from ...errors import DataError, ModelError
from ...training import code
from ...training.lock import PATH as LOCK


def commit(root: Path, name: str) -> None:
    """Raises `ModelError` where the repo in `root` does not hold a commit."""
    if code.git(root, "cat-file", "-e", f"{name}^{{commit}}") is None:
        raise ModelError(f"commit {name[:12]} is not in this repo", fix="fetch it: `git fetch --unshallow`")


def lock(root: Path, record: Mapping[str, Any]) -> str:
    """The text of the lock of a run. Raises `ModelError` where neither its commit nor this checkout has it."""
    wanted = str(record["environment"]["lock_sha256"])
    here = (root / LOCK).read_text(encoding="utf-8") if (root / LOCK).is_file() else ""
    then = code.git(root, "show", f"{record['commit']}:./{LOCK.as_posix()}") or ""
    for text in (here, then):
        if hashlib.sha256(text.encode()).hexdigest() == wanted:
            return text
    wrong = f"the lock {wanted[:12]} of its environment is neither here nor in commit {str(record['commit'])[:12]}"
    raise ModelError(wrong, fix="fetch the commit, or train again in an environment that is locked")


def snapshot(root: Path, batch: str, state: str, files: Mapping[str, str]) -> None:
    """Raises `ModelError` where the landed data in `root` never was in that state, of those files."""
    wrong = f"snapshot {state[:12]} of batch {batch} is unknown to {root}"
    fix = "look where the data was landed, or train again"
    try:
        found = landed.past(root, batch)
    except DataError as error:
        raise ModelError(f"{wrong}: {error.problem}", fix=fix) from None
    if state_of(tuple(found)) != state or {file.path: file.sha256 for file in found} != files:
        raise ModelError(wrong, fix=fix)
