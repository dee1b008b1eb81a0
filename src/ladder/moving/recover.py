"""After a kill: put the tree back to where the move began, or see that it had arrived; lose nothing of the user's."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from . import journal as journals
from . import scratch, trees
from .git import Git, literal
from .journal import PICK, Journal
from .repo import Repo
from .trees import Entry

LOCKS = ("index.lock", "HEAD.lock", "ORIG_HEAD.lock", "CHERRY_PICK_HEAD.lock", "AUTO_MERGE.lock")
OURS, MARKED, THEIRS = "the move's", "with conflicts of the move's", "somebody's"
PATIENCE = 2.0  # seconds: a lock that is older belongs to a git that died


def settle(repo: Repo) -> list[str]:
    """Make good what a killed run left, if one did; gives what to tell. Whoever calls holds the repo's lock."""
    scratch.sweep(repo.common)
    left = journals.read(repo.home)
    if left is None:
        return []
    unlock(repo)
    told = put_right(repo, left)
    journals.clear(repo.home)
    return told


def put_right(repo: Repo, left: Journal) -> list[str]:
    """Back to the start, unless git had done its part or somebody has moved on."""
    now = repo.git.found("HEAD^{commit}")
    if left.doing == PICK and repo.git.found("CHERRY_PICK_HEAD") == left.goal:
        return []  # the conflicts are there to be resolved
    if now == left.head:
        return ["an earlier run was cut off; what it had half written is put back", *restore(repo, left)]
    if left.doing == PICK or now == left.goal:
        return []
    return ["an earlier run was cut off, and the branch has moved on since; nothing was put back"]


def unlock(repo: Repo) -> None:
    """Remove the locks of a git that died. No git of ours is alive, and one of the user's ends soon."""
    branch = repo.git.ask("symbolic-ref", "--quiet", "HEAD").stdout.decode().strip()
    locks = [repo.home / name for name in LOCKS] + ([repo.common / f"{branch}.lock"] if branch else [])
    limit = time.monotonic() + PATIENCE
    while any(lock.exists() for lock in locks) and time.monotonic() < limit:
        time.sleep(0.05)
    for lock in locks:
        lock.unlink(missing_ok=True)


def restore(repo: Repo, left: Journal) -> list[str]:
    """Index and files as in `head`, for the paths that the move touches and no other.

    Text that somebody wrote there since stays where it is; gives what to tell of it.
    """
    git, changed = repo.git, trees.changes(repo.git, left.head, left.tree)
    git.do("reset", "--quiet")  # nothing was staged when the move began
    before, after = trees.of(git, left.head), trees.of(git, left.tree)
    told, back = [], []
    for path in changed:
        whose = author(git, repo.top / path, [tree.get(path) for tree in (before, after)])
        if whose == THEIRS:
            told.append(f"{path} has been written to since, and is left as it is")
            continue
        if whose == MARKED:
            told.append(f"{path} had conflicts in it; how it was is kept in {set_aside(repo, path)}")
        if path in before:
            back.append(path)
        else:
            remove(repo.top, path)
    checkout(git, back)
    return told


def author(git: Git, path: Path, entries: list[Entry | None]) -> str:
    """Whose text lies there: the move's (the old, or as much of the new as had been written), or somebody's since."""
    if path.is_symlink() or not path.is_file():
        return THEIRS if path.is_symlink() or path.exists() else OURS
    lies = path.read_bytes().replace(b"\r\n", b"\n")
    texts = [git.raw("cat-file", "blob", entry[1]).replace(b"\r\n", b"\n") for entry in entries if entry]
    if any(text.startswith(lies) for text in texts):
        return OURS
    return MARKED if lies.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in lies else THEIRS


def set_aside(repo: Repo, path: str) -> Path:
    """Copy a file below git's own folder, where nothing overwrites it."""
    to = repo.home / "ladder-kept" / str(time.time_ns()) / path
    to.parent.mkdir(parents=True)
    shutil.copy2(repo.top / path, to)
    return to


def checkout(git: Git, paths: list[str]) -> None:
    """The files of these paths as they are in the index."""
    if paths:
        listed = "".join(f"{literal(path)}\0" for path in paths)
        words = ("checkout", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul")
        git.do(*words, stdin=os.fsencode(listed))


def remove(top: Path, path: str) -> None:
    """Remove a file, and the folders that it leaves empty."""
    file = top / path
    if file.is_file() or file.is_symlink():
        file.unlink()
    for folder in file.parents:
        if folder == top or not folder.is_dir() or any(folder.iterdir()):
            break
        folder.rmdir()
