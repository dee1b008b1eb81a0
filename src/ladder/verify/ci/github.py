"""GitHub Actions."""

from __future__ import annotations

from typing import Any

from .. import makefiles, shell
from ..repo import Repo
from ..shell import Command
from .model import CHANGE, EVENT, HAND, MAIN, SCHEDULE, TAG, Job, Workflow, words

EVENTS = {"repository_dispatch", "workflow_run", "registry_package", "release"}


def read(repo: Repo, name: str, known: dict[str, makefiles.Target]) -> Workflow:
    """A file of .github/workflows."""
    raw = repo.yaml(name)
    on = raw.get("on", raw.get(True))  # type: ignore[call-overload]
    jobs = raw.get("jobs")
    made = (
        [job(str(key), it, known) for key, it in jobs.items() if isinstance(it, dict)] if isinstance(jobs, dict) else []
    )
    return Workflow(name, triggers(on), tuple(made), crons(on), raw)


def triggers(on: object) -> frozenset[str]:
    """What starts it, in our words."""
    found = dict.fromkeys(words(on)) if not isinstance(on, dict) else dict(on)
    out: set[str] = set()
    if {"pull_request", "pull_request_target", "merge_group"} & found.keys():
        out.add(CHANGE)
    if "push" in found:
        push = found["push"] if isinstance(found["push"], dict) else {}
        only_tags = "tags" in push and "branches" not in push
        out |= {TAG} if only_tags else {MAIN}
        out |= {CHANGE} if not push else set()
    out |= {SCHEDULE} if "schedule" in found else set()
    out |= {HAND} if "workflow_dispatch" in found else set()
    return frozenset(out | ({EVENT} if EVENTS & found.keys() else set()))


def crons(on: object) -> tuple[str, ...]:
    rows = on.get("schedule") if isinstance(on, dict) else None
    return tuple(str(row.get("cron")) for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()


def job(name: str, raw: dict[str, Any], known: dict[str, makefiles.Target]) -> Job:
    """A job: `continue-on-error`, of it or of a step, makes what it does soft."""
    soft = softened(raw)
    found: list[Command] = []
    steps = raw.get("steps")
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, dict):
            continue
        why = soft or softened(step)
        for command in lines(step):
            found += makefiles.expanded(command.softened(why), known)
    return Job(name, tuple(found), tuple(words(raw.get("needs"))))


def lines(step: dict[str, Any]) -> list[Command]:
    """What a step runs; an action stands for itself."""
    if isinstance(step.get("uses"), str):
        return [Command(f"uses {step['uses']}")]
    return shell.commands(str(step.get("run", "")), pipefail="bash" in str(step.get("shell", "")))


def softened(raw: dict[str, Any]) -> str:
    if raw.get("continue-on-error") not in (None, False):
        return "continue-on-error lets it fail"
    return "its condition is never true" if raw.get("if") is False else ""
