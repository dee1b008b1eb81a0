"""The plan of a move: one step a level, each merged before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from .. import template
from . import follow, join, merge, trees
from .base import Base
from .merge import Merged
from .record import Record
from .renders import Rendered, Renders
from .repo import Repo
from .trees import Entries


@dataclass(frozen=True)
class Step:
    """One commit to be: from `lower` to `higher`, or to a newer template where they are the same.

    `ours` is the commit it starts from, `theirs` the loose commit that carries the level's change, `commit` the result;
    there is none where conflicts are foreseen. `joined` are the files that both sides changed and that fit together.
    """

    lower: Record
    higher: Record
    ours: str
    theirs: str
    merged: Merged
    changes: dict[str, str]
    joined: tuple[str, ...]
    commit: str | None

    def title(self) -> str:
        """What the step is, in a line."""
        if self.lower.level == self.higher.level:
            return f"template {self.lower.version} to {self.higher.version} at level {self.higher.level}"
        return f"level {self.lower.level} to {self.higher.level}: {titles()[self.higher.level]}"


@dataclass(frozen=True)
class Plan:
    """The steps that can be foreseen: all of them, or those up to the first with a conflict."""

    head: str
    base: Base
    steps: tuple[Step, ...]
    goal: int

    @property
    def clean(self) -> list[Step]:
        """The steps that need nobody."""
        return [step for step in self.steps if step.commit]

    @property
    def conflict(self) -> Step | None:
        """The step at which somebody has to decide."""
        return next((step for step in self.steps if not step.commit), None)

    @property
    def reached(self) -> str:
        """The commit after all clean steps."""
        return next((step.commit for step in reversed(self.steps) if step.commit), self.head)


def titles() -> dict[int, str]:
    """Level -> its title."""
    return {row["number"]: row["title"] for row in template.table()}


def make(repo: Repo, record: Record, base: Base, goal: int, renders: Renders) -> Plan:
    """Plan the way from a record's level to `goal`. Writes loose objects, and nothing else."""
    head = at = repo.head()
    steps: list[Step] = []
    now, rendered = record, base.rendered
    for level in way(record, base, goal, renders):
        wanted = renders.level(record, level)
        done = step(repo, at, now, rendered, wanted)
        steps.append(done)
        if done.commit is None:
            break
        at, now, rendered = done.commit, done.higher, wanted
    return Plan(head, base, tuple(steps), goal)


def way(record: Record, base: Base, goal: int, renders: Renders) -> list[int]:
    """The levels to go to, one after the other; the own one first where the template has changed since."""
    newer = base.exact and renders.level(record, record.level).record.tree != record.tree
    direction = 1 if goal > record.level else -1
    return [record.level] * newer + [level + direction for level in range(record.level, goal, direction)]


def step(repo: Repo, ours: str, lower: Record, old: Rendered, new: Rendered) -> Step:
    """Merge what changes from `old` to `new` into the commit `ours`, and commit the result loosely."""
    git, here = repo.git, trees.of(repo.git, ours)
    higher = Record(new.record.level, new.record.answers, new.record.version, new.record.tree, lower.left_out)
    outside = {path: entry for path, entry in here.items() if not path.startswith(repo.prefix)} if repo.prefix else {}
    base = outside | trees.rendered(git, old, repo.prefix)
    theirs = outside | trees.rendered(git, new, repo.prefix)
    same(base, theirs, here, [repo.prefix + name for name in lower.left_out])
    base[repo.record] = here[repo.record]  # so that the record itself never clashes
    theirs[repo.record] = trees.blob(git, higher.text().encode())

    loose, merged = carried(repo, base, ours, theirs, message(lower, higher))
    joined = join.settle(git, base, theirs, merged.stages)
    if follow.settle(base, theirs, here, merged.stages) or joined:
        loose, merged = carried(repo, base, ours, theirs, message(lower, higher))
    commit = None if merged.stages else trees.commit(git, merged.tree, [ours], message(lower, higher))
    changed = trees.changes(git, ours, merged.tree)
    return Step(lower, higher, ours, loose, merged, changed, tuple(joined), commit)


def same(base: Entries, theirs: Entries, here: Entries, paths: list[str]) -> None:
    """Take some paths, files or folders, out of the move: both sides of it are as they stand here."""
    for entries in (base, theirs):
        for path in paths:
            for name in [name for name in entries if PurePosixPath(name).is_relative_to(path)]:
                del entries[name]
            if path in here:
                entries[path] = here[path]


def carried(repo: Repo, base: Entries, ours: str, theirs: Entries, text: str) -> tuple[str, Merged]:
    """The loose commit of a change, and what it comes to on `ours`."""
    start = trees.commit(repo.git, trees.write(repo.git, base), [], "base", nobody=True)
    loose = trees.commit(repo.git, trees.write(repo.git, theirs), [start], text)
    return loose, merge.merge(repo, start, ours, loose)


def message(lower: Record, higher: Record) -> str:
    """The message of a step's commit."""
    if lower.level == higher.level:
        title = f"Move to template {higher.version} at level {higher.level}"
    else:
        verb = "Climb" if higher.level > lower.level else "Go down"
        title = f"{verb} from level {lower.level} to {higher.level}: {titles()[higher.level]}"
    return f"{title}\n\nLadder-Level: {higher.level}\nLadder-Template: {higher.version}\n"
