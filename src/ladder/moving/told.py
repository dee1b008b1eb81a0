"""What a move says: the plan before it, the outcome after it, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from .plan import Plan, Step
from .record import Record
from .repo import Repo

KINDS = {"added": "A", "changed": "MT", "removed": "D"}
LOCKS = {  # what pins the dependencies -> what brings it up to date
    "uv.lock": "uv lock brings up to date",
    "environments/training.lock": "make lock pins dependencies of your own in",
}
WIDE = 8  # so many paths are named; of more, their folders
RESOLVE = [
    "next: git status lists them. In a text, what stands between ||||||| and ======= is what both sides started from.",
    "      Edit, git add, git cherry-pick --continue; git cherry-pick --abort takes this step back.",
]


def plan(repo: Repo, foreseen: Plan, record: Record) -> Iterator[str]:
    """The plan: for each step the files that it adds, changes and removes, and the conflicts."""
    name, goal = record.answers.get("project_slug", repo.project.name), foreseen.goal
    yield f"plan: {name}, level {record.level} to {goal}; base: {foreseen.base.source}"
    if not foreseen.base.exact:
        yield f"warning: template {record.version} is not at hand, so the base is approximate: what the template has"
        yield "         changed since may conflict, and what it has mended does not come along; --template names one"
    package = f"src/{record.answers.get('package_name')}"
    if repo.git.found(f"{foreseen.head}:{repo.prefix}{package}") is None:
        yield f"warning: {package} is not there. If you renamed the package, write its new name into {repo.record}:"
        yield "         until then what a level adds comes by the old name"
    for step in foreseen.steps:
        yield from lines_of(step)
    conflict = foreseen.conflict
    if conflict and conflict.higher.level != goal:
        yield f"  the way on to level {goal} can be planned once these are resolved"
    if record.left_out:
        yield f"  left alone, as when the repo was adopted: {', '.join(record.left_out)}"


def lines_of(step: Step) -> Iterator[str]:
    """A step of the plan."""
    yield f"  {step.title()}"
    for kind, letters in KINDS.items():
        paths = [path for path, letter in step.changes.items() if letter in letters and path not in step.merged.stages]
        if paths:
            yield f"    {kind:8} {len(paths):3}  {summary(paths)}"
    for path in step.joined:
        yield f"    joined        {path}: both sides' changes fit together"
    for path, reason in sorted(step.merged.reasons().items()):
        yield f"    CONFLICT      {path}: {reason}"


def summary(paths: list[str]) -> str:
    """The paths, or where there are many, the folders that hold them with a count each."""
    if len(paths) <= WIDE:
        return " ".join(paths)
    depth = 1
    while depth < 4 and len(folders(paths, depth + 1)) <= WIDE:
        depth += 1
    return " ".join(f"{folder} ({count})" if count > 1 else folder for folder, count in folders(paths, depth).items())


def folders(paths: Iterable[str], depth: int) -> Counter[str]:
    """How many of the paths are below each folder of so many parts; a file that lies higher stands for itself."""
    return Counter(shortened(PurePosixPath(path), depth) for path in paths)


def shortened(path: PurePosixPath, depth: int) -> str:
    return str(path) if len(path.parts) <= depth else "/".join(path.parts[:depth]) + "/"


def outcome(repo: Repo, foreseen: Plan, left: list[str]) -> Iterator[str]:
    """What was done, what is left, what comes next."""
    done = foreseen.steps if not left else foreseen.clean
    if done:
        last = repo.git.do("rev-parse", "--short", "HEAD")
        yield f"done: level {done[-1].higher.level} in {len(done)} commit{'s' * (len(done) > 1)}, {last} the last"
    if left:
        step = foreseen.conflict
        assert step is not None
        yield f"conflicts at {step.title()}:"
        reasons = step.merged.reasons()
        yield from (f"  {path}: {reasons.get(path, 'see git status')}" for path in left)
        yield from RESOLVE
        if step.higher.level != foreseen.goal:
            yield f"      Then ladder upgrade --to {foreseen.goal} goes on."
        return
    yield from afterwards(repo, foreseen)


def afterwards(repo: Repo, foreseen: Plan) -> Iterator[str]:
    """The next step, and the way back."""
    touched = {path.removeprefix(repo.prefix) for step in foreseen.steps for path in step.changes}
    if "pyproject.toml" in touched:
        locks = [f"{does} {name}" for name, does in LOCKS.items() if (repo.project / name).is_file()]
        yield "; ".join(["next: make setup installs what the level needs", *locks])
    yield f"undo: git revert --no-edit {repo.git.do('rev-parse', '--short', foreseen.head)}..HEAD"
