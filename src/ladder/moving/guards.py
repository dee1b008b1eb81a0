"""When a move is refused: each refusal says what stands in the way, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

from ..errors import MoveError
from . import journal
from .plan import Plan
from .repo import Repo

UNFINISHED = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "sequencer": "a sequence of cherry-picks or reverts",
    "BISECT_LOG": "a bisection",
}
SHOWN = 10


def before(repo: Repo) -> None:
    """What is asked before a plan is made. Raises `MoveError`."""
    repo.head()
    waiting(repo)
    for name, what in UNFINISHED.items():
        if (repo.home / name).exists():
            raise MoveError(f"{what} is not finished here ({name})", fix="finish it or abort it, then run this again")
    if unmerged := sorted(set(repo.git.names("diff", "--name-only", "--diff-filter=U", "-z"))):
        raise MoveError(f"not merged yet: {some(unmerged)}", fix="resolve them and commit, then run this again")
    if staged := repo.git.names("diff", "--cached", "--name-only", "--no-renames", "-z"):
        raise MoveError(
            f"staged and not committed: {some(staged)}", fix="git commit them, or git stash, then run this again"
        )


def waiting(repo: Repo) -> None:
    """Is a step of our own waiting for its conflicts to be resolved?"""
    told = repo.git.ask("log", "-1", "--format=%(trailers:key=Ladder-Level,valueonly)", "CHERRY_PICK_HEAD", "--")
    if told.returncode == 0 and told.stdout.strip():
        level = os.fsdecode(told.stdout).strip()
        fix = "resolve what git status lists, git add it, git cherry-pick --continue; --abort instead goes back"
        raise MoveError(f"the step to level {level} waits for its conflicts to be resolved", fix=fix)


def cut_off(repo: Repo) -> None:
    """A look without touching cannot start from a tree that a killed run left half-written."""
    if journal.path(repo.home).exists():
        fix = "run the same without --dry-run: it puts the tree right first"
        raise MoveError("an earlier run was cut off here", fix=fix)


def against(repo: Repo, plan: Plan) -> None:
    """What is asked of the tree, once it is known what the plan touches. Raises `MoveError`."""
    touched = {path for step in plan.steps for path in [*step.changes, *step.merged.stages]}
    dirty = sorted(touched.intersection(repo.git.names("diff", "--name-only", "--no-renames", "-z", "HEAD")))
    if dirty:
        raise MoveError(
            f"changed and not committed, and the move touches them: {some(dirty)}", fix="git commit them, or git stash"
        )
    blocked = in_the_way(repo.top, touched, repo.git.names("ls-files", "-z"))
    if blocked:
        fix = "move them away or delete them; git would overwrite what it does not track"
        raise MoveError(f"not tracked by git (perhaps ignored), and in the way: {some(blocked)}", fix=fix)


def in_the_way(top: Path, touched: Iterable[str], tracked: Collection[str]) -> list[str]:
    """What lies where the move will write and is not git's: the file itself, or a file where a folder has to be."""
    own, found = set(tracked), set()
    for path in touched:
        if path not in own and os.path.lexists(top / path):
            found.add(path)
        for folder in map(str, PurePosixPath(path).parents):
            at = top / folder
            if folder != "." and folder not in own and os.path.lexists(at) and (at.is_symlink() or not at.is_dir()):
                found.add(folder)
    return sorted(found)


def some(paths: list[str]) -> str:
    """A list of paths, in a line."""
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more
