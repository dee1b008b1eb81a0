"""Carry a plan out: forward over the clean steps in one go, then the one with conflicts, as git leaves it."""

from __future__ import annotations

from ..errors import GitError
from . import journal, merge
from .git import failure, last_words
from .journal import FORWARD, PICK, Journal
from .plan import Plan, Step
from .repo import Repo


def run(repo: Repo, plan: Plan) -> list[str]:
    """Do it; gives the paths that are left in conflict. Raises `GitError` where git will not, and changes nothing."""
    if plan.clean:
        forward(repo, plan.head, plan.reached)
    return pick(repo, plan.conflict) if plan.conflict else []


def forward(repo: Repo, head: str, goal: str) -> None:
    """From `head` to `goal`, its descendant. Git refuses where the branch has moved since the plan."""
    journal.write(repo.home, Journal(FORWARD, head, goal, goal))
    ran = repo.git.ask("merge", "--ff-only", "--quiet", goal)
    if ran.returncode:
        journal.clear(repo.home)
        fix = "see that nothing else works in this folder, then run this again: it plans anew"
        raise GitError(f"git would not go forward: {last_words(ran)}", fix=fix)
    journal.clear(repo.home)


def pick(repo: Repo, step: Step) -> list[str]:
    """Let git write the conflicts into the files, with what both sides started from between them."""
    style = "zdiff3" if merge.modern(repo) else "diff3"
    journal.write(repo.home, Journal(PICK, step.ours, step.theirs, step.merged.tree))
    ran = repo.git.ask("-c", f"merge.conflictStyle={style}", "cherry-pick", "--allow-empty", step.theirs)
    left = sorted(set(repo.git.names("diff", "--name-only", "--diff-filter=U", "-z")))
    journal.clear(repo.home)
    if ran.returncode and not left:
        raise failure("cherry-pick", ran)
    return left
