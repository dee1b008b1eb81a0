"""Workflows, whichever provider runs them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..shell import Command

CHANGE, MAIN, TAG, SCHEDULE, EVENT, HAND = "change", "main", "tag", "schedule", "event", "hand"


@dataclass(frozen=True)
class Job:
    """Its commands in order, those of make's targets among them; `needs` are the jobs before it."""

    name: str
    commands: tuple[Command, ...]
    needs: tuple[str, ...] = ()
    when: frozenset[str] = frozenset()  # the triggers that reach it; empty: all of its workflow's


@dataclass(frozen=True)
class Workflow:
    """A file of a provider: what starts it, and its jobs."""

    path: str
    triggers: frozenset[str]
    jobs: tuple[Job, ...]
    crons: tuple[str, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, compare=False)

    def starts(self, job: Job) -> frozenset[str]:
        return job.when or self.triggers

    def before(self, job: Job) -> list[Job]:
        """The jobs that must have gone well before this one, nearest first."""
        named = {it.name: it for it in self.jobs}
        found: list[Job] = []
        waiting = list(job.needs)
        while waiting:
            name = waiting.pop(0)
            if name in named and named[name] not in found:
                found.append(named[name])
                waiting += named[name].needs
        return found


@dataclass(frozen=True)
class Hit:
    """A command of a workflow."""

    workflow: Workflow
    job: Job
    command: Command

    @property
    def place(self) -> str:
        return f"{self.workflow.path}, job {self.job.name}: {self.command.text[:80]}"


def hits(workflows: list[Workflow], pattern: str, *triggers: str) -> list[Hit]:
    """The commands that fit the pattern, in jobs that any of the triggers starts (none: whatever starts them)."""
    wanted, fits = set(triggers), re.compile(pattern)
    return [
        Hit(workflow, job, command)
        for workflow in workflows
        for job in workflow.jobs
        if not wanted or wanted & workflow.starts(job)
        for command in job.commands
        if fits.search(command.text)
    ]


def words(value: object) -> list[str]:
    """A string or a list of them, as a list."""
    if isinstance(value, str):
        return [value]
    return [str(it) for it in value] if isinstance(value, list) else []
