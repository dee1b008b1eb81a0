"""The new level's own tests, run in a scratch work tree before the user's tree is touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from ..errors import MoveError
from . import scratch
from .repo import Repo

NO_TESTS = 5  # pytest's exit code where it collected none
INSTALL = "make setup failed in a scratch copy: the level's packages could not be installed"


def run(repo: Repo, commit: str, interpreter: Path | None, say: Callable[[str], None]) -> None:
    """Run the tests of a commit with `interpreter`, or in an environment that its own Makefile makes there.

    Raises `MoveError` where they fail.
    """
    with scratch.worktree(repo, commit) as git:
        project = git.folder / repo.prefix
        if not (project / "tests").is_dir():
            say("check: this level has no tests of its own")
            return
        say("check: running the level's own tests in a scratch copy")
        python = interpreter.absolute() if interpreter else installed(project)
        code, tail = tested(python, project)
        if code not in (0, NO_TESTS):
            fix = "mend what they say, here or in the level you come from, then run this again; or go without --check"
            raise MoveError(
                f"the level's own tests fail on what the move comes to; nothing was touched\n{tail}", fix=fix
            )
        say(f"check: {tail.splitlines()[-1] if tail else 'passed'}")


def installed(project: Path) -> Path:
    """The Python of an environment with what the level needs, made by the project's own `make setup`."""
    ran = subprocess.run(["make", "setup"], cwd=project, check=False, capture_output=True, text=True)
    if ran.returncode:
        fix = "--python names an environment that has them; without a package index, go without --check"
        raise MoveError(f"{INSTALL}\n{(ran.stdout + ran.stderr)[-1500:]}", fix=fix)
    return project / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def tested(python: Path, project: Path) -> tuple[int, str]:
    """Pytest's exit code and the end of what it says."""
    env = {**os.environ, "PYTHONPATH": str(project / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        ran = subprocess.run(command, cwd=project, env=env, check=False, capture_output=True, text=True)
    except OSError as error:
        raise MoveError(
            f"{python} cannot be started: {error.strerror}", fix="--python names a Python with pytest"
        ) from None
    return ran.returncode, "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-30:])
