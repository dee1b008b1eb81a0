"""`mlops operate`: the loop until a signal. Killed at any moment it goes on where it was when it is started again."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ...data import lock
from ...deployment.release.world import World
from ...errors import DataError, MlopsError
from ...model.durations import format_duration
from ...training.loop import signals
from . import jobs, rhythm
from .rounds import Rounds

HALF_A_MINUTE = 30.0


class OperatedError(MlopsError):
    """Another process runs the loop."""


@dataclass
class Held:
    """One loop for a repo."""

    world: World

    def __enter__(self) -> None:
        self.lock = lock.held(self.world.prod.folder / "loop")
        try:
            self.lock.__enter__()
        except DataError:
            fix = "`mlops status` shows what it does; end that one first"
            raise OperatedError(f"the loop of {self.world.root} runs already", fix=fix) from None

    def __exit__(self, *_: object) -> None:
        self.lock.__exit__(None, None, None)


def rounds(world: World, *, apart: bool) -> Rounds:
    """The loop of a world."""
    return Rounds(world.prod, world.clock, jobs.of(world, rhythm.load(world.root)), world.echo, apart)


def serve(world: World, every: float) -> None:
    """Until a signal; then the jobs at work may end. Raises `OperatedError` where another process runs it."""
    bell = threading.Event()
    with Held(world), signals(lambda *_: bell.set()):
        it = rounds(world, apart=True)
        names = ", ".join(f"{job.name} every {format_duration(job.every)}" for job in it.jobs)
        world.echo(f"operating {world.root}: {names}; Ctrl+C stops it")
        while not bell.is_set():
            it.once()
            bell.wait(it.pause(every))
        left = it.finish(HALF_A_MINUTE)
    world.echo(f"stopped{f'; still at work, and gone on with at the next start: {left}' if left else ''}")


def once(world: World) -> bool:
    """One round, each job in its turn whether it is due or not; whether all went well."""
    with Held(world):
        it = rounds(world, apart=False)
        for job in it.jobs:
            it.turn(job)
        return not it.told
