"""A copy of the repo with commits of its own, below `workspaces/`: a rehearsal leaves the repo's own registry alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ...errors import MlopsError
from ...model import project
from ...training import environment
from ..promotion import create, workspaces
from ..promotion.workspaces import FILE

FOLDER = Path("workspaces", "rehearsal")
NEEDED = ("src", "azure", "environments", "data")
GIT = ("git", "-c", "user.name=rehearsal", "-c", "user.email=rehearsal@localhost", "-c", "commit.gpgsign=false")
TAKERS = ("registry", "prod")


class RehearsalError(MlopsError):
    """The copy cannot be made, or the rehearsal did not show what it promises."""


def make(root: Path, folder: Path = FOLDER) -> Path:
    """The copy, anew, committed, with all its workspaces; gives its folder."""
    target = root / folder
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in NEEDED:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*root.glob("*.toml"), root / ".ladder.json", root / ".gitignore"):
        shutil.copyfile(path, target / path.name)
    keep_source(root, target)
    allow_unlocked(target)
    git(target, "init", "--quiet")
    commit(target, "as it is")
    create.run(workspaces.load(target), ())
    return target


def keep_source(root: Path, target: Path) -> None:
    """Let a folder of deliveries that lies outside of the repo be found from the copy, too."""
    folder = project.load(root / "project.toml").source.folder
    if folder and not (target / folder).is_dir():
        edit(target / "project.toml", "source", folder=(root / folder).resolve().as_posix())


def allow_unlocked(target: Path) -> list[str]:
    """Let these workspaces take models of libraries that are not the locked ones, if they are not; gives what differs.

    Who tries the story may have newer libraries. In the repo itself `workspaces.toml` stays as strict as it is.
    """
    found = environment.check(target)
    path = target / FILE
    text = path.read_text(encoding="utf-8")
    for name in TAKERS if found else ():
        head = f"[workspace.{name}]"
        text = text.replace(head, f'{head}\nallows = ["unlocked"]')
    path.write_text(text, encoding="utf-8")
    return found


def edit(path: Path, table: str, **settings: object) -> None:
    """Set keys of a table of a TOML file, as a person would: everything else in it stays as it is."""
    path.write_text(with_settings(path.read_text(encoding="utf-8"), table, settings), encoding="utf-8")


def with_settings(text: str, table: str, settings: Mapping[str, object]) -> str:
    """The text with these keys in its table. Raises `RehearsalError` where it has no such table."""
    found = re.search(rf"(?ms)^\[{re.escape(table)}\][^\n]*\n(.*?)(?=^\[|\Z)", text)
    if not found:
        raise RehearsalError(f"there is no line [{table}]", fix=f"write the table [{table}] on a line of its own")
    own = found[1]
    for name, value in settings.items():
        line = f"{name} = {json.dumps(value)}"
        own, replaced = re.subn(rf"(?m)^{name}\s*=.*$", line, own)
        own = own if replaced else f"{line}\n{own}"
    return text[: found.start(1)] + own + text[found.end(1) :]


def commit(target: Path, words: str) -> None:
    """Commit all there is; nothing where nothing was changed."""
    git(target, "add", "--all")
    if git(target, "status", "--porcelain"):
        git(target, "commit", "--quiet", "--no-verify", "--message", words)


def git(target: Path, *words: str) -> str:
    """What git answers. Raises `RehearsalError` with what it said."""
    try:
        ran = subprocess.run([*GIT, *words], cwd=target, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise RehearsalError("git is not installed", fix="install git: a version leads back to a commit") from None
    if ran.returncode:
        raise RehearsalError(f"git {words[0]} failed: {ran.stderr.strip()}", fix="mend that, then run it again")
    return ran.stdout
