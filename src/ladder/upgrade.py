"""`ladder upgrade`: move an edited repo to another level, or to this template, one commit a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import MoveError
from .moving import apply, base, check, first, guards, lock, plan, recover, renders, told
from .moving import record as records
from .moving import repo as repos
from .moving.git import literal
from .moving.record import Record
from .moving.renders import Renders
from .moving.repo import Repo

Say = Callable[[str], None]

CONFLICTS = 1  # the exit code where somebody has to decide


@dataclass(frozen=True)
class Wish:
    """What was asked for. Without `to`: the own level. `begin_git` decides whether a project without git gets one."""

    project: Path
    to: int | None = None
    dry_run: bool = False
    check: bool = False
    python: Path | None = None
    template: Path | None = None
    begin_git: Callable[[str], bool] = lambda _: False


def run(wish: Wish, say: Say, shared: Renders | None = None) -> int:
    """Move it; gives the exit code: 0 done, 1 conflicts are left. Raises `MoveError` where it is refused."""
    project = wish.project.resolve()
    if not project.is_dir():
        raise MoveError(f"{project} is not a folder", fix="name the folder of a project")
    if wish.to is not None:
        records.known_level(wish.to)
    with renders.temporary() as own:
        made = shared or own
        found = repos.find(project)
        if found:
            return locked(wish, found, say, made)
        with begun(wish, project, made, say) as repo:
            return moved(wish, repo, say, made)


def locked(wish: Wish, repo: Repo, say: Say, made: Renders) -> int:
    """The same in a repo, alone in it, after a killed run's leavings were put right."""
    if wish.dry_run:
        guards.cut_off(repo)
        return moved(wish, repo, say, made)
    with lock.held(repo.common) as handle:
        repo = repo.keeping(handle)
        for line in recover.settle(repo):
            say(line)
        return moved(wish, repo, say, made)


@contextmanager
def begun(wish: Wish, project: Path, made: Renders, say: Say) -> Iterator[Repo]:
    """A repo for a project without git; a passing one where nothing is to be touched."""
    if not (project / repos.RECORD).is_file():
        raise first.ungenerated(project)
    if not wish.dry_run and not wish.begin_git(
        f"{project} is not under version control; git init, with what is there as the first commit?"
    ):
        raise MoveError(
            f"{project} is not under version control",
            fix="--git-init begins it, with what is there as the first commit",
        )
    with first.committed(project, records.read(project), made, stays=not wish.dry_run) as repo:
        say("git init: what is there is the first commit; what the level's .gitignore names stays out of it")
        yield repo


def moved(wish: Wish, repo: Repo, say: Say, made: Renders) -> int:
    """Refuse, or plan, say the plan, check it, carry it out."""
    repos.identity(repo.git)
    guards.before(repo)
    record = committed(repo)
    goal = record.level if wish.to is None else wish.to
    records.not_newer(record)
    emitted = repo.git.do("log", "-1", "--format=%ct", "--", literal(repo.record))
    start = base.find(record, made, wish.template, int(emitted) if emitted else None)
    if goal == record.level and start.rendered.record.tree == made.level(record, goal).record.tree:
        return nothing_to_do(record, start, say)
    foreseen = plan.make(repo, record, start, goal, made)
    for line in told.plan(repo, foreseen, record):
        say(line)
    guards.against(repo, foreseen)
    if wish.dry_run:
        return CONFLICTS if foreseen.conflict else 0
    return carried_out(wish, repo, foreseen, say)


def carried_out(wish: Wish, repo: Repo, foreseen: plan.Plan, say: Say) -> int:
    """Check it, then touch the user's tree, at last."""
    if wish.check and foreseen.clean:
        check.run(repo, foreseen.reached, wish.python, say)
    if wish.check and foreseen.conflict:
        say("check: the step with conflicts can be tested once they are resolved")
    if not repo.passing:
        return applied(repo, foreseen, say)
    repo = first.keep(repo)
    with lock.held(repo.common) as handle:
        return applied(repo.keeping(handle), foreseen, say)


def applied(repo: Repo, foreseen: plan.Plan, say: Say) -> int:
    """Carry the plan out and say what came of it."""
    left = apply.run(repo, foreseen)
    for line in told.outcome(repo, foreseen, left):
        say(line)
    return CONFLICTS if left else 0


def nothing_to_do(record: Record, start: base.Base, say: Say) -> int:
    """The repo is where it should be, as far as can be known."""
    if not start.exact:
        fix = "name a clone of the template that has it, with --template; or --to another level"
        raise MoveError(
            f"the template {record.version} that made this repo is not at hand, and its changes cannot be told", fix=fix
        )
    say(f"already at level {record.level}, of template {record.version}: nothing to do")
    return 0


def committed(repo: Repo) -> Record:
    """The record in the commit that is checked out. Raises `MoveError` where there is none."""
    ran = repo.git.ask("cat-file", "blob", f"HEAD:{repo.record}")
    if ran.returncode:
        raise first.uncommitted(repo)
    return records.parse(ran.stdout.decode(errors="replace"))
