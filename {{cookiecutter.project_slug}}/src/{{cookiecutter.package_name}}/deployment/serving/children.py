"""A process that the supervisor keeps alive: started again when it dies, at once at first, then ever more slowly."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .process import FAILED, GRACE, READY, REFUSED, STARTING, Told

DELAYS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before the first, second, ... restart
SETTLED = 60.0  # a process that has lived so long has not died at start
LAST = 2_000  # bytes of a log in which a reason is looked for


@dataclass(frozen=True)
class Recipe:
    """How a process is started: its words, the handles that it inherits, its log, and where it says how it is."""

    words: tuple[str, ...]
    handles: tuple[int, ...]
    log: Path
    told: Told | None = None


class Child:
    """One process, again and again."""

    def __init__(self, recipe: Recipe, now: Callable[[], float] = time.monotonic) -> None:
        self.recipe, self.now = recipe, now
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = -1
        self.deaths = 0
        self.started = self.due = now()
        self.reason = ""
        self.refused = False
        self.unwanted_since: float | None = None
        self.terminated = False

    def tend(self) -> None:
        """Start it where it should run and does not."""
        if self.process is not None and self.process.poll() is not None:
            self.died(self.process.returncode)
        if self.process is None and self.now() >= self.due:
            self.start()

    def start(self) -> None:
        self.restarts += 1
        self.started = self.now()
        with self.recipe.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                self.recipe.words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.recipe.handles,
                start_new_session=True,  # Ctrl+C is for the supervisor, which ends the others in order
            )

    def died(self, code: int) -> None:
        """Note why, and when the next one is due."""
        lived = self.now() - self.started
        self.deaths = 1 if lived >= SETTLED else self.deaths + 1
        ended = f"ended by signal {-code}" if code < 0 else f"ended with code {code}"
        phase, said = self.recipe.told.read(self.process.pid) if self.recipe.told and self.process else ("", "")
        # what was refused is refused again, until somebody mends its folder
        self.refused = phase == REFUSED
        self.due = self.now() + (DELAYS[-1] if self.refused else DELAYS[min(self.deaths, len(DELAYS)) - 1])
        self.reason = said or (ended if code < 0 else f"{ended}: {self.last_line()}")
        self.process = None

    def last_line(self) -> str:
        """The last line of its log."""
        data = self.recipe.log.read_bytes()[-LAST:].decode("utf-8", "replace").strip()
        return data.rpartition("\n")[2]

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process is not None else None

    @property
    def phase(self) -> str:
        """`starting`, `loading`, `ready`; while it waits for its next start `failed`, or `refused` if it said so."""
        if self.process is None:
            return REFUSED if self.refused else FAILED if self.deaths else STARTING
        if self.recipe.told is None:
            return "running"
        return self.recipe.told.read(self.process.pid)[0]

    @property
    def why(self) -> str:
        """What is wrong with it: what it says itself, else how the last one ended. Nothing, once it is ready."""
        if self.process is None or self.recipe.told is None:
            return self.reason
        phase, said = self.recipe.told.read(self.process.pid)
        return "" if phase == READY else said or self.reason

    def end(self) -> None:
        """Ask it to end; it answers what it has begun."""
        if self.process is not None and not self.terminated:
            self.process.terminate()
            self.terminated = True

    def gone(self, seconds: float = GRACE) -> None:
        """Wait until it has ended, and see to it."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
