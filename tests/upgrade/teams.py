"""A team with a repo: what they do to it, and what `ladder` does."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ladder import upgrade
from ladder.errors import LadderError
from ladder.moving import renders
from ladder.moving.record import Record
from ladder.moving.renders import Renders
from ladder.upgrade import Wish

from ..emission import done, replace, run

ENV = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_EDITOR": "true",
}


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said."""

    code: int
    told: str


@dataclass
class Team:
    """A project in a git repo. `top` is the repo's folder, where that is not the project's."""

    project: Path
    top: Path
    renders: Renders | None = None
    said: list[str] = field(default_factory=list)

    def git(self, *words: str) -> str:
        """What git says, in the project's folder."""
        return done("git", *words, cwd=self.project).rstrip("\n")

    def asked(self, *words: str) -> int:
        """How git ends."""
        return run("git", *words, cwd=self.project).returncode

    def edit(self, path: str, old: str, new: str) -> None:
        replace(self.project / path, old, new)

    def write(self, path: str, text: str | bytes) -> None:
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def read(self, path: str) -> str:
        return (self.project / path).read_text(encoding="utf-8")

    def there(self, *paths: str) -> bool:
        """Are all of them there?"""
        return all((self.project / path).exists() for path in paths)

    def commit(self, message: str = "work") -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def move(self, to: int | None, **others: Any) -> Outcome:
        """`ladder upgrade --to`, in this process."""
        self.said = []
        try:
            code = upgrade.run(Wish(self.project, to, **others), self.said.append, self.renders)
        except LadderError as error:
            return Outcome(error.code, "\n".join([*self.said, f"error: {error}"]))
        return Outcome(code, "\n".join(self.said))

    @property
    def level(self) -> int:
        """The level that the committed record names."""
        return int(json.loads(self.git("show", "HEAD:./.ladder.json"))["level"])

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def status(self) -> list[str]:
        """What git finds changed, staged, untracked."""
        return self.git("status", "--porcelain").splitlines()

    def conflicts(self) -> list[str]:
        """The paths in conflict."""
        return sorted(set(self.git("diff", "--name-only", "--diff-filter=U").splitlines()))

    def subjects(self) -> list[str]:
        """The commits' first lines, newest first."""
        return self.git("log", "--format=%s").splitlines()

    def files(self) -> dict[str, str]:
        """Path -> object id of what is committed."""
        lines = self.git("ls-tree", "-r", "HEAD").splitlines()
        return {path: described.split()[2] for described, _, path in (line.partition("\t") for line in lines)}


def emitted(folder: Path, level: int, answers: Mapping[str, str] | None = None, made: Renders | None = None) -> Path:
    """A project in `folder`, which is not there yet, as `ladder new` leaves it; copied if it is `made` already."""
    with renders.temporary() as own:
        rendered = (made or own).level(Record(level, dict(answers or {}), "", ""), level)
        return shutil.copytree(rendered.folder, folder)


def begin(folder: Path, level: int, answers: Mapping[str, str] | None = None, made: Renders | None = None) -> Team:
    """A team that has generated a project at a level and committed it."""
    found = Team(emitted(folder, level, answers, made), folder, made)
    found.git("init", "-q", "-b", "main")
    found.commit("Begin")
    return found
