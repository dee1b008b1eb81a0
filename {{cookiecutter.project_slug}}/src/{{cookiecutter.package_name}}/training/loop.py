"""`mlops schedules run`: ticks schedules, pumps events, has requests worked, and sleeps until there is more."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from ..clock import Clock
from ..errors import MlopsError
from ..events import pump
from ..workspace import Workspace
from . import schedules, ticks, worker

Echo = Callable[[str], None]


@dataclass
class Loop:
    """Rounds, `every` so many seconds or when a schedule is due. `work` runs what waits; `sleep` takes seconds."""

    place: Workspace
    clock: Clock
    echo: Echo
    work: Callable[[], None]
    sleep: Callable[[float], None]
    every: float = 10.0
    stopped: bool = False
    told: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Go on until `stopped`. What fails is said once, and tried again in the next round."""
        while not self.stopped:
            self.attempt("schedules", self.tick)
            self.attempt("events", self.pump)
            if not self.stopped and worker.waiting(self.place):
                self.attempt("requests", self.work)
            if not self.stopped:
                self.sleep(self.pause())

    def tick(self) -> None:
        """Ask for what is due."""
        for tick in ticks.run(self.place, schedules.load(self.place.root), self.clock):
            self.echo(tick.sentence)

    def pump(self) -> None:
        """Tell and take events, which may ask for runs. The way to the broker is looked for anew: it may have moved."""
        if pump.once(self.place, self.clock, self.echo).landed:
            self.echo("new rows are landed")

    def pause(self) -> float:
        """Seconds until there is something to do."""
        try:
            due = ticks.next_due(self.place, schedules.load(self.place.root), self.clock)
        except MlopsError:  # said when it was tried
            return self.every
        now = self.clock.now()
        left = [(at - now).total_seconds() for at in due.values() if at is not None]
        return max(0.05, min([*left, self.every]))

    def attempt(self, what: str, action: Callable[[], None]) -> None:
        """Do it; say what went wrong, unless that was the last thing said of it."""
        try:
            action()
        except MlopsError as error:
            if self.told.get(what) != error.problem:
                self.echo(f"{what}: {error}")
            self.told[what] = error.problem
        else:
            self.told.pop(what, None)


def serve(place: Workspace, clock: Clock, echo: Echo, *, every: float, allow_uncommitted: bool) -> None:
    """Be the scheduler until a signal. The first one lets the run that is under way end, the second breaks it off."""
    bell, apart = threading.Event(), worker.Apart(place, echo, allow_uncommitted)
    loop = Loop(place, clock, echo, apart, lambda seconds: void(bell.wait(seconds)), every)

    def stop(*_: object) -> None:
        again, loop.stopped = loop.stopped, True  # before a word is said: the second signal may come upon it
        bell.set()
        if again:
            apart.stop()
        elif apart.process is not None:
            echo("stopping after the run that is under way; a second signal breaks it off")

    with signals(stop):
        names = ", ".join(f"{it.name} ({it.sentence})" for it in schedules.load(place.root).enabled)
        echo(f"the scheduler of {place.name} runs: {names or 'no schedule is enabled'}; Ctrl+C stops it")
        loop.run()
    echo("stopped")


def void(_: object) -> None:
    """Nothing of it."""


@contextmanager
def signals(stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """`stop` is what the signals to end do, for the while."""
    before = {it: signal.signal(it, stop) for it in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
