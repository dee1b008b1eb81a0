"""How a step's command is run: in this process where it is ours, which saves the imports; else in one of its own."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ..errors import MlopsError
from .code import LAUNCHER
from .pipeline import PipelineError
from .tracking import NOTES

OURS = ["python", LAUNCHER, "step"]
LAST = 15  # lines of a log that are shown


def run(command: str, code: Path, variables: dict[str, str], log: Path, notes: Path, isolated: bool) -> None:
    """Run `command` in the folder `code`, its output into `log`. Raises `MlopsError` where it fails."""
    words = shlex.split(command)
    told = {**variables, NOTES: str(notes)}
    if words[:3] == OURS and not isolated:
        inside(words[3:], code, told, log)
    else:
        apart(words, code, told, log)


def apart(words: list[str], code: Path, variables: dict[str, str], log: Path) -> None:
    """In a process of its own, as on Azure."""
    program = [sys.executable, *words[1:]] if words[0] in ("python", "python3") else words
    with log.open("w", encoding="utf-8") as out:
        try:
            ran = subprocess.run(  # noqa: S603 - the command is the component's
                program, cwd=code, env={**os.environ, **variables}, stdout=out, stderr=subprocess.STDOUT, check=False
            )
        except FileNotFoundError:
            raise PipelineError(f"{words[0]} is not installed here", fix="correct the component's command") from None
    if ran.returncode:
        last = "\n  ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST:])
        raise PipelineError(f"the step ended with code {ran.returncode}:\n  {last}", fix=f"the whole log is {log}")


def inside(words: list[str], code: Path, variables: dict[str, str], log: Path) -> None:
    """In this process, with its folder, environment and output set for the while."""
    from .steps import step_group

    said = io.StringIO()
    try:
        with contextlib.chdir(code), environment(variables), contextlib.redirect_stdout(said):
            step_group.main(words, standalone_mode=False)
    except MlopsError as error:
        said.write(f"error: {error}\n")
        raise
    except click.ClickException as error:
        said.write(f"error: {error.format_message()}\n")
        raise PipelineError(
            f"the step's command is wrong: {error.format_message()}", fix="correct the component"
        ) from None
    finally:
        log.write_text(said.getvalue(), encoding="utf-8", newline="\n")


@contextlib.contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Environment variables for the while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = text
