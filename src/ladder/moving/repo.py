"""Where a project's git is: its top folder, the project's place below it, the folders of git itself."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import GitError, MoveError
from .git import Git, last_words

RECORD = ".ladder.json"


@dataclass(frozen=True)
class Repo:
    """A work tree. `prefix` is the project's folder in it ("" or "services/rides/").

    `home` is this work tree's git folder, `common` the one that all work trees of the repo share.
    """

    git: Git
    top: Path
    prefix: str
    home: Path
    common: Path

    @property
    def project(self) -> Path:
        """The folder of the project."""
        return self.top / self.prefix

    @property
    def record(self) -> str:
        """The record's path, as git names it."""
        return self.prefix + RECORD

    @property
    def passing(self) -> bool:
        """Whether the git folder lies elsewhere, for a project that has none."""
        return bool(self.git.env)

    def head(self) -> str:
        """The commit that is checked out. Raises `MoveError` where nothing is committed yet."""
        found = self.git.found("HEAD^{commit}")
        if found is None:
            raise MoveError(
                f"{self.top} has no commit yet", fix="git add and git commit what is there, then run this again"
            )
        return found

    def keeping(self, handle: int) -> Repo:
        """The same, with git inheriting an open file."""
        return replace(self, git=replace(self.git, kept=(handle,)))


def find(project: Path) -> Repo | None:
    """The repo that a folder is in; None where it is in none. Raises `GitError` where git refuses to look."""
    git = Git(project)
    words = ("--show-toplevel", "--show-prefix", "--absolute-git-dir", "--git-common-dir")
    ran = git.ask("rev-parse", "--path-format=absolute", *words)
    if ran.returncode:
        if b"not a git repository" in ran.stderr:
            return None
        raise GitError(f"git cannot work in {project}: {last_words(ran)}", fix="mend what git names")
    top, prefix, home, common = os.fsdecode(ran.stdout).split("\n")[:4]
    if top.startswith("--"):  # before 2.31 it repeats a word that it does not know
        told = os.fsdecode(git.ask("version").stdout).strip()
        raise GitError(f"{told} is too old", fix="install git 2.34 or newer")
    folder = Path(top)
    return Repo(Git(folder), folder, prefix, Path(home), Path(common))


def identity(git: Git) -> None:
    """Can git name whoever commits? Raises `MoveError` where it cannot."""
    if git.ask("var", "GIT_COMMITTER_IDENT").returncode:
        fix = 'git config --global user.name "You" and git config --global user.email you@example.com'
        raise MoveError("git does not know who commits", fix=fix)
