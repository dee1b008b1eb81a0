"""The base of a move: what the template had put into the repo before people edited it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .. import template
from ..errors import MoveError
from .git import Git, literal
from .record import Record
from .renders import Rendered, Renders

MOST = 24  # states of an old template that are tried: half a second each
LOOKED = 500  # commits of a clone that are looked at for the version
NEEDED = ("cookiecutter.json", template.PROJECT)


@dataclass(frozen=True)
class Base:
    """The rendered base, where it came from, and whether its git id is the recorded one."""

    rendered: Rendered
    source: str
    exact: bool


def find(record: Record, renders: Renders, given: Path | None, emitted: int | None) -> Base:
    """The base of a record: rendered by this template if it is unchanged, or else by the one that made the repo.

    `given` is a folder or clone of the template to look in, `emitted` when the record was committed (seconds). Where no
    state of the template gives the recorded id, the base is what this template emits at the old level.
    """
    mine = renders.level(record, record.level)
    if mine.record.tree == record.tree:
        return Base(mine, "this template", exact=True)
    for source, folder in states(record, renders, given, emitted):
        rendered = renders.old(folder, record)
        if rendered and rendered.record.tree == record.tree:
            return Base(rendered, source, exact=True)
    return Base(mine, "this template, which is not the one that made the repo", exact=False)


def states(record: Record, renders: Renders, given: Path | None, emitted: int | None) -> Iterator[tuple[str, Path]]:
    """The states of the template that may have made the repo, the likeliest first: a name for each, and its folder."""
    if given:
        if not (given / "cookiecutter.json").is_file() and Git(given).found("HEAD") is None:
            raise MoveError(
                f"{given} is no template", fix="name a folder with cookiecutter.json, or a clone of the template"
            )
        if (given / "cookiecutter.json").is_file():
            yield f"the template in {given}", given
    folder = given or template.root()
    git = Git(folder)
    if git.ask("rev-parse", "--git-dir").returncode == 0:
        for commit in commits(git, record.version, emitted):
            yield f"the template's commit {commit[:10]}", unpacked(git, commit, renders.place())


def commits(git: Git, version: str, emitted: int | None) -> list[str]:
    """Commits of a template's clone with that version: its tags, then the last before the emission, then later ones."""
    tags = [git.found(f"refs/tags/{name}^{{commit}}") for name in (f"v{version}", version)]
    prefix = git.do("rev-parse", "--show-prefix")
    listed = git.do("log", "--all", "--format=%H %ct", "--", *map(literal, NEEDED)).splitlines()
    timed = [(commit, int(time)) for commit, _, time in (line.partition(" ") for line in listed)]
    before = [commit for commit, time in timed if emitted is None or time <= emitted]
    after = [commit for commit, _ in reversed(timed) if commit not in set(before)]
    chosen: dict[str, str] = {}  # a state of the template -> the first commit that has it
    for commit in islice(filter(None, [*tags, *before, *after]), LOOKED):
        if len(chosen) < MOST and version_at(git, commit, prefix) == version:
            state = git.do("rev-parse", *(f"{commit}:{prefix}{name}" for name in NEEDED))
            chosen.setdefault(state, commit)
    return list(chosen.values())


def version_at(git: Git, commit: str, prefix: str) -> str | None:
    """The template's version in a commit; None where it holds no template."""
    if not all(git.found(f"{commit}:{prefix}{name}") for name in NEEDED):
        return None
    try:
        found = json.loads(git.raw("cat-file", "blob", f"{commit}:{prefix}cookiecutter.json"))
    except json.JSONDecodeError:
        return None
    return str(found.get("_template_version"))


def unpacked(git: Git, commit: str, folder: Path) -> Path:
    """The template of a commit, in a folder."""
    prefix = git.do("rev-parse", "--show-prefix")
    own = {"GIT_DIR": git.do("rev-parse", "--absolute-git-dir"), "GIT_WORK_TREE": str(folder)}
    out = Git(folder, {**own, "GIT_INDEX_FILE": str(folder / ".index")})
    out.do("read-tree", f"{commit}:{prefix}")
    out.do("checkout-index", "--all")
    return folder
