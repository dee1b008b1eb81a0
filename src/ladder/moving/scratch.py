"""A work tree beside the user's, to try things in. One that a killed run left behind is swept by the next."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .git import Git
from .repo import Repo

PREFIX = "ladder-scratch-"


@contextmanager
def worktree(repo: Repo, commit: str) -> Iterator[Git]:
    """Git in a new work tree with `commit` checked out, detached."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    try:
        repo.git.do("worktree", "add", "--detach", "--quiet", str(folder), commit)
        yield Git(folder, kept=repo.git.kept)
    finally:
        repo.git.ask("worktree", "remove", "--force", str(folder))
        shutil.rmtree(folder, ignore_errors=True)


def sweep(common: Path) -> None:
    """Remove the work trees that killed runs left. Whoever calls holds the repo's lock, so none of them is in use."""
    for entry in (common / "worktrees").glob(f"{PREFIX}*"):
        pointer = entry / "gitdir"
        folder = Path(pointer.read_text(encoding="utf-8").strip()).parent if pointer.is_file() else None
        if folder and folder.name.startswith(PREFIX):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(entry)
