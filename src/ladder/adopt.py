"""`ladder adopt`: a level's files beside those of a repo that was not generated. It adds, and never overwrites."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import MoveError
from .moving import apply, beside, guards, lock, recover, renders, told, trees
from .moving import record as records
from .moving import repo as repos
from .moving.beside import Sorted
from .moving.git import failure
from .moving.record import Record
from .moving.renders import Rendered
from .moving.repo import RECORD, Repo

Say = Callable[[str], None]

PLACE = ".ladder-adopt"


@dataclass(frozen=True)
class Wish:
    """What was asked for; `answers` are those that are not to be derived from the folder's name."""

    project: Path
    level: int
    answers: dict[str, str]
    dry_run: bool = False


def run(wish: Wish, say: Say) -> int:
    """Add the level's files; gives the exit code 0. Raises `MoveError` where it is refused."""
    project = wish.project.resolve()
    if not project.is_dir():
        raise MoveError(f"{project} is not a folder", fix="name the folder of a repo; ladder new makes a new one")
    repo = repos.find(project)
    if not wish.dry_run:
        tidy(project, repo, say)
    if (project / RECORD).exists():
        raise MoveError(f"{project} has a {RECORD}: a level was emitted here", fix=f"ladder upgrade --to {wish.level}")
    level = records.known_level(wish.level)
    answers = {"project_slug": slug(project.name), **wish.answers}
    with renders.temporary() as made:
        rendered = made.level(Record(level, answers, "", ""), level)
        if repo:
            return in_git(wish, repo, rendered, say)
        return in_folder(wish, project, rendered, say)


def tidy(project: Path, repo: Repo | None, say: Say) -> None:
    """Put right what a killed run left, before anything is taken for the project's own."""
    shutil.rmtree(project / PLACE, ignore_errors=True)
    if repo:
        with lock.held(repo.common) as handle:
            for line in recover.settle(repo.keeping(handle)):
                say(line)


def slug(name: str) -> str:
    """A folder's name as a project's: `My_Rides 2` -> `my-rides-2`."""
    found = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    return found if found[:1].isalpha() else f"project-{found}".strip("-")


def in_git(wish: Wish, repo: Repo, rendered: Rendered, say: Say) -> int:
    """One commit that adds the files, with whatever else lies in the tree left alone."""
    if wish.dry_run:
        guards.cut_off(repo)
        committed(repo, rendered, say)
        return 0
    repos.identity(repo.git)
    with lock.held(repo.common) as handle:
        repo = repo.keeping(handle)
        apply.forward(repo, repo.head(), committed(repo, rendered, say))
    say(f"done: level {rendered.record.level}'s files are one commit; undo: git revert --no-edit HEAD")
    return 0


def committed(repo: Repo, rendered: Rendered, say: Say) -> str:
    """Say what is added and what is left out; gives the loose commit that adds it."""
    guards.before(repo)
    head = repo.head()
    here, texts = trees.of(repo.git, head), trees.rendered(repo.git, rendered, repo.prefix)
    own = {path.removeprefix(repo.prefix) for path in here if path.startswith(repo.prefix)}
    same = {name for name in own if here[repo.prefix + name] == texts.get(repo.prefix + name)}
    found = beside.sort(repo.project, rendered, own, same)
    for line in report(found, rendered, {name: texts[repo.prefix + name][1] for name in found.left_out}):
        say(line)
    for line in hidden(repo, found.added):
        say(line)
    added = {repo.prefix + name: texts[repo.prefix + name] for name in found.added}
    added[repo.record] = trees.blob(repo.git, recorded(rendered, found).text().encode())
    return trees.commit(repo.git, trees.write(repo.git, here | added), [head], message(rendered))


def in_folder(wish: Wish, project: Path, rendered: Rendered, say: Say) -> int:
    """The files, moved in one by one from a folder beside them; the record last: a rerun goes on after a kill."""
    same = {name for name in rendered.files() if alike(project / name, rendered.folder / name)}
    found = beside.sort(project, rendered, same, same)
    for line in report(found, rendered, {}):
        say(line)
    if wish.dry_run:
        return 0
    staged = shutil.copytree(rendered.folder, project / PLACE)
    (staged / RECORD).write_text(recorded(rendered, found).text(), encoding="utf-8", newline="\n")
    for name in [*found.added, RECORD]:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).rename(project / name)
    shutil.rmtree(staged)
    say(f"done: level {rendered.record.level}'s files are there. It is not under version control: git init begins that")
    return 0


def alike(one: Path, other: Path) -> bool:
    """Do both hold the same bytes?"""
    return one.is_file() and not one.is_symlink() and one.read_bytes() == other.read_bytes()


def recorded(rendered: Rendered, found: Sorted) -> Record:
    """The record of an adoption: what was left out never takes part in a later move."""
    return replace(rendered.record, left_out=tuple(sorted(found.left_out)))


def report(found: Sorted, rendered: Rendered, oids: dict[str, str]) -> Iterator[str]:
    """What is added, what is left out and why, and where to read the level's text of it."""
    yield f"adopt: level {rendered.record.level}, package {rendered.record.answers['package_name']}"
    yield f"  added    {len(found.added):3}  {told.summary(list(found.added))}"
    if found.same:
        yield f"  the same {len(found.same):3}  {told.summary(sorted(found.same))}"
    for name, reason in sorted(found.left_out.items()):
        yield f"  LEFT OUT      {name}: {reason}" + (
            f"; git show {oids[name][:10]} is the level's" if name in oids else ""
        )
    if found.left_out:
        yield "  what the level needs of these is yours to bring over; later moves leave them alone"


def hidden(repo: Repo, added: tuple[str, ...]) -> Iterator[str]:
    """A warning where the repo's own ignore rules would hide the new files' neighbours from git."""
    listed = "".join(f"{repo.prefix}{name}\0" for name in added)
    ran = repo.git.ask("check-ignore", "--no-index", "-z", "--stdin", stdin=os.fsencode(listed))
    if ran.returncode not in (0, 1):
        raise failure("check-ignore", ran)
    names = [os.fsdecode(name) for name in ran.stdout.split(b"\0") if name]
    if names:
        yield f"  warning: this repo ignores {told.summary(names)}; they are committed, what you add there is not"


def message(rendered: Rendered) -> str:
    """The commit's message."""
    record = rendered.record
    return f"Adopt level {record.level}\n\nLadder-Level: {record.level}\nLadder-Template: {record.version}\n"
