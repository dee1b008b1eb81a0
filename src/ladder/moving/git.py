"""Git, as the program that is on the path: no hooks, no prompt, no repo but that of its folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import GitError, MoveError

# what binds git to another repo than the one of its folder
BINDING = {f"GIT_{name}" for name in ("DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "COMMON_DIR", "PREFIX")}
BINDING |= {f"GIT_{name}" for name in ("ALTERNATE_OBJECT_DIRECTORIES", "NAMESPACE", "IMPLICIT_WORK_TREE")}
# a program that the repo names must not start, and nothing may tidy up the loose commits meanwhile
SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "merge.directoryRenames": "true",
    "merge.renames": "true",
    "merge.verifySignatures": "false",
    "merge.autoStash": "false",
    "advice.mergeConflict": "false",
    "rerere.autoUpdate": "false",
}
PREAMBLE = ["git", *(word for name in SETTINGS for word in ("-c", f"{name}={SETTINGS[name]}"))]
QUIET = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_MERGE_AUTOEDIT": "no"}


@dataclass(frozen=True)
class Git:
    """Git in one folder. `env` is added to its environment, `kept` are the open files that it inherits."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[int, ...] = ()

    def ask(
        self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run it to its end, whatever that is."""
        own = {name: value for name, value in os.environ.items() if name not in BINDING}
        where = {**own, **QUIET, "GIT_REFLOG_ACTION": "ladder", **self.env, **(env or {})}
        inherits = {"pass_fds": self.kept} if self.kept and os.name != "nt" else {}
        command = [*PREAMBLE, *words]
        try:
            return subprocess.run(  # type: ignore[no-any-return,call-overload]
                command, cwd=self.folder, env=where, input=stdin, capture_output=True, check=False, **inherits
            )
        except FileNotFoundError:
            raise MoveError("git is not on the path", fix="install git 2.34 or newer") from None

    def do(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """What it says, without the last line's end. Raises `GitError` where it fails."""
        return os.fsdecode(self.raw(*words, stdin=stdin, env=env)).rstrip("\n")

    def raw(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """The bytes that it says. Raises `GitError` where it fails."""
        ran = self.ask(*words, stdin=stdin, env=env)
        if ran.returncode:
            raise failure(words[0], ran)
        return ran.stdout

    def names(self, *words: str) -> list[str]:
        """What it lists with `-z`."""
        return [os.fsdecode(name) for name in self.raw(*words).split(b"\0") if name]

    def found(self, revision: str) -> str | None:
        """The object that a revision names, if there is one."""
        ran = self.ask("rev-parse", "--quiet", "--verify", revision)
        return os.fsdecode(ran.stdout).strip() if ran.returncode == 0 else None


def literal(path: str) -> str:
    """A path as a pathspec that means it and nothing else, whatever signs are in it."""
    return f":(literal){path}"


def failure(word: str, ran: subprocess.CompletedProcess[bytes]) -> GitError:
    """The error for a git that ended as it should not."""
    return GitError(f"git {word} failed: {last_words(ran)}", fix="mend what git names, then run this again")


def last_words(ran: subprocess.CompletedProcess[bytes]) -> str:
    """Why git failed, in one line."""
    lines = os.fsdecode(ran.stderr or ran.stdout).strip().splitlines()
    return " ".join(line.strip() for line in lines[-3:]) or f"exit {ran.returncode}"
