"""Which code trains: its commit, whether that is all of it, and a digest of what is really there."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READ = ("project.toml",)  # beside src: what decides about a model. gate.toml judges it and is an input of its own step
LAUNCHER = "azure/mlops.py"
TOLD = "MLOPS_CODE"  # what whoever submitted a job says of its code: a job has no repo


@dataclass(frozen=True)
class Code:
    """`commit` is empty where there is none; `changed` are files that differ from it, or why there is none."""

    digest: str
    commit: str
    changed: tuple[str, ...]

    @property
    def committed(self) -> bool:
        return bool(self.commit) and not self.changed

    def told(self) -> str:
        """As a job is told it."""
        return json.dumps({"digest": self.digest, "commit": self.commit, "changed": self.changed})


def state(root: Path) -> Code:
    """The code in `root`."""
    if TOLD in os.environ:
        return submitted(root, json.loads(os.environ[TOLD]))
    commit = git(root, "rev-parse", "--verify", "HEAD")
    tracked = git(root, "ls-files", "--error-unmatch", "project.toml")
    if commit is None or tracked is None:
        return Code(digest(root), "", ("nothing of this folder is under version control",))
    listed = git(root, "status", "--porcelain", "--untracked-files=all", "--", ".") or ""
    changed = tuple(line[3:] for line in listed.splitlines())
    return Code(digest(root), commit.strip(), changed)


def submitted(root: Path, said: dict[str, Any]) -> Code:
    """The code of a job, as it was when it was submitted: it must still be that."""
    now, changed = digest(root), tuple(said["changed"])
    return Code(now, said["commit"], changed if now == said["digest"] else (*changed, "the code that was submitted"))


def git(root: Path, *words: str) -> str | None:
    """What git answers; None where it fails or is not there."""
    try:
        ran = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        return None
    return ran.stdout if ran.returncode == 0 else None


def digest(root: Path) -> str:
    """sha256 over the package's modules and project.toml: equal where the same code would run, commits or not."""
    total = hashlib.sha256()
    for path in files(root):
        content = path.read_bytes().replace(b"\r\n", b"\n")  # as git may have checked them out
        total.update(f"{path.relative_to(root).as_posix()} {hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def files(root: Path) -> Iterator[Path]:
    """What `digest` is about, in order."""
    yield from sorted((root / "src").glob("*/**/*.py"))
    yield from (root / name for name in READ if (root / name).is_file())
