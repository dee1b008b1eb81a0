"""Rounds: each job has its turn when it is due, one after the other or beside them, and what fails is tried again."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...clock import Clock
from ...errors import MlopsError
from ...workspace import Workspace
from . import beats
from .beats import Beat

RETRY, DOUBLED = timedelta(seconds=10), 6  # a job that fails waits twice as long each time, up to its own rhythm
EXPECTED = (MlopsError, OSError, sqlite3.Error)  # what a next turn may cure; anything else is a mistake of ours


@dataclass(frozen=True)
class Job:
    """Something that recurs. `work` says what it came to, or nothing; one that is `long` must not keep the others."""

    name: str
    every: timedelta
    work: Callable[[], str]
    long: bool = False


@dataclass
class Rounds:
    """The jobs of a place. `apart` lets long ones run beside the others; on a simulated clock all go in turn."""

    place: Workspace
    clock: Clock
    jobs: Sequence[Job]
    echo: Callable[[str], None]
    apart: bool = True
    threads: dict[str, threading.Thread] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)

    def once(self) -> None:
        """Each job that is due has its turn."""
        known = beats.read(self.place)
        for job in self.jobs:
            if self.due(job, known.get(job.name)) <= self.clock.now():
                self.start(job)

    def due(self, job: Job, beat: Beat | None) -> datetime:
        """When its next turn is. One that was killed in a turn has another at once."""
        over = beat.over if beat else None
        if beat is None or over is None:
            return self.clock.now()
        patience = RETRY * 2 ** min(beat.failures, DOUBLED) if beat.failures else job.every
        return over + min(patience, job.every)

    def start(self, job: Job) -> None:
        """Its turn, here or in a thread of its own; not while the last one goes on."""
        if not (job.long and self.apart):
            return self.turn(job)
        at_work = self.threads.get(job.name)
        if at_work is None or not at_work.is_alive():
            self.threads[job.name] = threading.Thread(target=self.turn, args=(job,), daemon=True, name=job.name)
            self.threads[job.name].start()
        return None

    def turn(self, job: Job) -> None:
        """Do it, and note what came of it; the same trouble is said once."""
        beats.begin(self.place, job.name, self.clock.now())
        try:
            said = job.work()
        except EXPECTED as error:
            wrong = str(error)
            beats.fail(self.place, job.name, self.clock.now(), wrong)
            if self.told.get(job.name) != wrong:
                self.echo(f"{job.name}: {wrong}")
            self.told[job.name] = wrong
            return
        beats.end(self.place, job.name, self.clock.now(), said)
        self.told.pop(job.name, None)
        if said:
            self.echo(f"{job.name}: {said}")

    def pause(self, most: float = 10.0) -> float:
        """Seconds until somebody is due, at least a moment."""
        known, now = beats.read(self.place), self.clock.now()
        left = [(self.due(job, known.get(job.name)) - now).total_seconds() for job in self.jobs]
        return max(0.05, min([*left, most]))

    def finish(self, seconds: float) -> list[str]:
        """Wait for long jobs; gives the names of those that still go on."""
        for thread in self.threads.values():
            thread.join(seconds)
        return [name for name, thread in self.threads.items() if thread.is_alive()]
