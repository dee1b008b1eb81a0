"""What a move would come to: merged among the objects, or in a scratch work tree where git is too old for that."""

from __future__ import annotations

import os
from dataclasses import dataclass

from . import scratch, trees
from .git import failure
from .repo import Repo
from .trees import Entry

Stages = dict[str, dict[int, Entry]]  # conflicted path -> 1 base, 2 the repo's, 3 the level's

USAGE = 129  # git's exit code for words that it does not know
REASONS = {
    (1, 2, 3): "changed here and by the level, at the same place",
    (1, 2): "changed here, removed by the level",
    (1, 3): "removed here, changed by the level",
    (2, 3): "added here and by the level, with other text",
}


@dataclass(frozen=True)
class Merged:
    """The tree that comes out (with markers where there are conflicts), and the conflicts by path."""

    tree: str
    stages: Stages

    def reasons(self) -> dict[str, str]:
        """Path -> why it is in conflict."""
        return {path: REASONS.get(tuple(sorted(of)), "moved here and by the level") for path, of in self.stages.items()}


def merge(repo: Repo, base: str, ours: str, theirs: str) -> Merged:
    """Carry the change from `base` to `theirs`, its child, over to `ours`. Nothing is checked out or moved."""
    beside = trees.commit(repo.git, f"{ours}^{{tree}}", [base], "ours", nobody=True)
    ran = repo.git.ask("merge-tree", "--write-tree", "--no-messages", "-z", beside, theirs)
    if ran.returncode == USAGE:
        return tried(repo, ours, theirs)
    if ran.returncode not in (0, 1):
        raise failure("merge-tree", ran)
    tree, *lines = [os.fsdecode(part) for part in ran.stdout.split(b"\0") if part]
    return Merged(tree, staged(lines))


def tried(repo: Repo, ours: str, theirs: str) -> Merged:
    """The same by a cherry-pick in a scratch work tree, for git before 2.38."""
    with scratch.worktree(repo, ours) as git:
        ran = git.ask("cherry-pick", "--no-commit", "--allow-empty", theirs)
        stages = staged(git.names("ls-files", "--unmerged", "-z"))
        if ran.returncode and not stages:
            raise failure("cherry-pick", ran)
        git.do("add", "--all")
        return Merged(git.do("write-tree"), stages)


def modern(repo: Repo) -> bool:
    """Whether git can merge without a work tree. One that can also knows `zdiff3`."""
    head = repo.head()
    return repo.git.ask("merge-tree", "--write-tree", "--no-messages", "-z", head, head).returncode != USAGE


def staged(lines: list[str]) -> Stages:
    """Lines of `mode id stage<TAB>path`, by path."""
    found: Stages = {}
    for line in lines:
        described, _, path = line.partition("\t")
        mode, oid, stage = described.split(" ")
        found.setdefault(path, {})[int(stage)] = (mode, oid)
    return found
