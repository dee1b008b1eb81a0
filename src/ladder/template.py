"""Where the template is, and how cookiecutter renders it: nothing is read from or written to the home folder."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import LadderError, RefusedError

PROJECT = "{{cookiecutter.project_slug}}"


def root() -> Path:
    """The folder with `cookiecutter.json`: inside an installed package, or else the repo of this file."""
    packaged = Path(__file__).parent / "template"
    return packaged if packaged.is_dir() else Path(__file__).parents[2]


def table() -> list[dict[str, Any]]:
    """The rows of `levels.toml`, lowest level first."""
    rows: list[dict[str, Any]] = tomllib.loads((root() / PROJECT / "levels.toml").read_text(encoding="utf-8"))["level"]
    return rows


def version() -> str:
    """The version of the template, which is also the tool's."""
    return str(json.loads((root() / "cookiecutter.json").read_text(encoding="utf-8"))["_template_version"])


def render(answers: Mapping[str, str], folder: Path) -> Path:
    """Emit the project into `folder`, under its own name; gives its path. A refused answer raises and leaves nothing.

    `answers` holds those that are not to be the template's defaults.
    """
    from cookiecutter.exceptions import FailedHookException

    try:
        return generate(root(), answers, folder, hooks=True)
    except FailedHookException:
        raise RefusedError("nothing was written", fix="answer as the lines above say") from None


def render_old(source: Path, answers: Mapping[str, str], folder: Path) -> Path | None:
    """What another state of the template, in `source`, emits; None where it cannot be rendered.

    Its hooks are not run: those of this template drop what is above the level.
    """
    from cookiecutter.exceptions import CookiecutterException

    try:
        made = generate(source, answers, folder, hooks=False)
    except (CookiecutterException, ValueError, OSError):
        return None
    drop = [sys.executable, str(root() / "hooks" / "post_gen_project.py")]
    return made if subprocess.run(drop, cwd=made, capture_output=True, check=False).returncode == 0 else None


def generate(source: Path, answers: Mapping[str, str], folder: Path, *, hooks: bool) -> Path:
    """Cookiecutter, by its library: with the answers and nothing of the user's own settings."""
    from cookiecutter.generate import generate_context, generate_files
    from cookiecutter.prompt import prompt_for_config

    logging.getLogger("cookiecutter").addHandler(logging.NullHandler())  # its traceback would bury the hook's message
    for name, answer in answers.items():
        if "{" in answer:  # cookiecutter would take it for template text
            raise LadderError(f"{name} {answer!r} holds a brace", fix="leave the brace out")
    context = generate_context(str(source / "cookiecutter.json"), extra_context=dict(answers))
    context["cookiecutter"] = prompt_for_config(context, no_input=True)
    return Path(generate_files(str(source), context, str(folder), accept_hooks=hooks))
