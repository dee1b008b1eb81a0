"""The season, step by step: callers ask, time passes, what came true is told, and the loop has its rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from ...clock import SimulatedClock
from ...deployment.promotion import workspaces
from ...deployment.rehearsal import copied
from ...deployment.rehearsal.copied import RehearsalError
from ...deployment.release import world as worlds
from ...deployment.release.world import SERVED, World
from ...deployment.serving import running, status
from ...training import requests, schedules
from ...workspace import database
from ..loop import jobs, rhythm
from ..loop.rounds import Rounds
from . import coming, crowd
from .coming import Coming
from .crowd import Crowd

FOLDER = Path("workspaces", "season")
OFTEN = ("ingest", "features")
FIRST = 12  # rounds in which the first version must have come into production
# Fewer rows than a team would ask for, so that nobody waits, and milliseconds that allow for callers, gateway and
# scorers on one machine; all else is as release.toml has it
QUICK: dict[str, dict[str, object]] = {
    "shadow": {"pairs": 200},
    "ramp": {"percent": [50, 100], "rows": 40},
    "guardrails": {"rows": 40, "slack_ms": 250.0},
    "test": {"rows": 3_000, "longest": "28d"},
}
ALONE = "# nothing recurs here, and new rows start nothing: only what production tells does\n"
Echo = Callable[[str], None]


@dataclass
class Season:
    """A copy of the repo at work, on a clock that the season moves."""

    world: World
    clock: SimulatedClock
    comes: Coming
    rounds: Rounds
    rows: pd.DataFrame
    crowd: Crowd
    idle: frozenset[str] = frozenset()  # jobs that have no turn

    def first(self) -> None:
        """With no version at all, one is asked for, and the loop brings it into production."""
        with database(self.world.dev.state, requests.TABLES) as connection:
            cause, at = "the season begins", self.clock.now()
            requests.add(connection, id="season", pipeline="training", cause=cause, inputs={}, at=at)
        for _ in range(FIRST):
            self.round()
            if self.world.endpoint.current().traffic:
                return
        raise RehearsalError("no first version came into production", fix=f"`mlops status` in {self.world.root}")

    def steps(self) -> Iterator[datetime]:
        """One step after another from now on; gives the time after each."""
        at, step = self.clock.now(), self.comes.step
        while at < self.comes.ends:
            for part in range(1, self.comes.parts + 1):
                after = min(at + step * part / self.comes.parts, self.comes.ends)
                now = coming.within(self.rows, self.world.schema, self.clock.at, after)
                self.crowd.ask(crowd.questions(now, self.world.schema))
                self.clock.at = after
                self.comes.until(after)
                self.round(OFTEN if part < self.comes.parts else ())
            self.crowd.tell()
            at = after
            yield at

    def round(self, names: Sequence[str] = ()) -> None:
        """Every job has a turn, in order; or those of these names."""
        for job in self.rounds.jobs:
            if (not names or job.name in names) and job.name not in self.idle:
                self.rounds.turn(job)


def copy(root: Path, folder: Path) -> Path:
    """The copy, with a plan for few rows."""
    target = copied.make(root.resolve(), folder)
    for table, settings in QUICK.items():
        copied.edit(target / "release.toml", table, **settings)
    (target / schedules.FILE).write_text(ALONE, encoding="utf-8")
    return target


@contextmanager
def begun(root: Path, echo: Echo, folder: Path = FOLDER, *, turning: bool = True) -> Iterator[Season]:
    """A season in a new copy, at its begin: its endpoint runs as long as this lasts."""
    target = copy(root, folder)
    comes = coming.of(target, root / jobs.LANDED, turning=turning)
    for (name, table), settings in comes.settings.items():
        copied.edit(target / name, table, **settings)
    copied.commit(target, "a season")
    clock = SimulatedClock(comes.begins)
    world = worlds.of(target, clock, echo, "season")
    prod = workspaces.load(target).place(SERVED)
    running.detach(prod, ["--port", "0", "--replay"], lambda _: None)
    try:
        rounds = Rounds(world.prod, clock, jobs.of(world, rhythm.load(target)), echo, apart=False)
        yield Season(world, clock, comes, rounds, comes.rows(), Crowd(status.read(prod).address))
    finally:
        running.down(prod)
