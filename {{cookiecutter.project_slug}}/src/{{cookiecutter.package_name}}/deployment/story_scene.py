"""What the chapters of a rehearsal share: the copy, its clock, its endpoint, candidates, and releases among callers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..data import landed
from ..model import handoff, project
from ..story import Figure, Stage, Told
from ..training import judge, run
from ..training.gate import GateError
from .promotion import workspaces
from .rehearsal import callers, copied
from .rehearsal.callers import Callers, Counts, Ticking
from .rehearsal.copied import FOLDER, RehearsalError
from .release import drawing, journal, machine, world
from .release.journal import Release
from .release.order import ROUTE
from .release.world import SERVED, World
from .serving import running, status

NOTHING = Told("The gate refused what this would have been shown with.", {})
# notes for later chapters: the time, the versions, what callers asked and lost by now, a prediction
AT, LATER, MODEST, GOOD, SAME, ASKED, LOST, SEEN = (
    f"rehearsal: {it}" for it in ("time", "rows", "modest", "good", "same", "asked", "lost", "seen")
)
EVERY = 0.2  # seconds between two looks
PLAN = "release.toml"
# Fewer rows than a team would ask for, so that nobody waits, and milliseconds that allow for callers, gateway and
# scorers on one machine that may be busy with other things; all else is as release.toml has it.
QUICK: dict[str, dict[str, object]] = {
    "shadow": {"pairs": 200},
    "ramp": {"rows": 50},
    "guardrails": {"rows": 50, "slack_ms": 250.0},
    "test": {"rows": 4_000},
}


@dataclass(frozen=True)
class Scene:
    """The rehearsal at a moment."""

    stage: Stage
    world: World
    clock: Ticking

    @property
    def root(self) -> Path:
        return self.world.root

    @property
    def version(self) -> str:
        """The version of dev that the last pipeline run registered."""
        return self.world.registry(self.world.dev).versions()[-1].number

    def digest(self, version: str) -> str:
        """The digest of a version of dev; none for none."""
        return self.world.registry(self.world.dev).get(version).sha256 if version else ""

    def candidate(self, **settings: object) -> dict[str, Any] | None:
        """Train with these settings and register; gives the evaluation, None where the gate refused the model."""
        copied.edit(self.root / "project.toml", "training", **settings)
        copied.commit(self.root, f"train with {', '.join(f'{name} {value}' for name, value in settings.items())}")
        try:
            done = run.start(
                self.world.dev, "training", run.Options("rehearsal", allow_uncommitted=True), self.clock, mute
            )
        except GateError:
            return None
        self.stage.notes[LATER] = str(done.steps["split"].outputs["test"])
        return handoff.read_json(done.steps["evaluate"].outputs["evaluation"] / judge.RESULT)

    @property
    def later(self) -> Path:
        """Rows that no version learned from: the later side of the last run's split."""
        return Path(self.stage.notes[LATER])

    def release(self, version: str) -> Release:
        """Release a version of dev; gives how it ended."""
        return machine.follow(self.world, machine.start(self.world, version, "rehearsal"), self.pause)

    def release_among_callers(self, version: str) -> tuple[Release, Counts]:
        """The same while people call; gives what they met, too."""
        address = status.read(self.world.prod).address
        with Callers(address, callers.rows(self.later), self.clock) as them:
            ended = self.release(version)
        self.count(them.counts)
        self.stage.notes[SEEN] = them.last_id
        return ended, them.counts

    def pause(self) -> None:
        """A while, for the callers."""
        time.sleep(EVERY)

    def count(self, found: Counts) -> None:
        """Add to what was asked and lost in all."""
        notes = self.stage.notes
        notes[ASKED] = str(int(notes.get(ASKED, "0")) + found.requests)
        notes[LOST] = str(int(notes.get(LOST, "0")) + len(found.failed))
        if found.failed:
            raise RehearsalError(f"{len(found.failed)} requests failed: {found.failed[:3]}", fix=self.logs)

    @property
    def logs(self) -> str:
        return f"see {FOLDER / 'workspaces' / self.world.prod.name / 'endpoint' / 'logs'}"

    def must(self, held: bool, problem: str) -> None:
        """A chapter that does not show what it promises fails the demo."""
        if not held:
            raise RehearsalError(problem, fix=f"`mlops rollout status` in {FOLDER}; {self.logs}")

    def history(self, release: Release) -> list[journal.Transition]:
        return journal.history(self.world.prod, release.id)

    def told(self, release: Release, met: Counts, text: str) -> Told:
        """What a release came to, step by step, with the pictures of its decisions."""
        steps = [it for it in self.history(release) if it.outcome != "wait"]
        figures: dict[str, Figure] = {it.step: it.said.splitlines()[0] for it in steps if not it.step.startswith(ROUTE)}
        figures |= {f"answers by {name}": count for name, count in sorted(met.answered.items())}
        figures |= {"requests": met.requests, "requests lost": len(met.failed), "the release": release.status}
        figures["requests in all, and lost"] = f"{self.stage.notes[ASKED]}, {self.stage.notes[LOST]}"
        if not any("kept" in it.figures for it in steps):
            return Told(text, figures)
        picture = self.stage.root / "reports" / f"release-{release.id}.png"
        return Told(text, figures, (drawing.draw(self.world, release, picture),))


def mute(_: str) -> None:
    """Says nothing: a chapter tells what came of it."""


@contextmanager
def first(stage: Stage) -> Iterator[Scene]:
    """A new copy, whose endpoint runs on a free port."""
    root = copied.make(stage.root)
    delay = project.load(root / "project.toml").table.label_delay
    gap = callers.gap_of(delay)
    for table, settings in QUICK.items():
        copied.edit(root / PLAN, table, **settings)
    copied.edit(root / PLAN, "test", longest=f"{max(14, 20_000 * gap // timedelta(days=1))}d")
    copied.commit(root, "release with fewer rows")
    at = datetime.fromisoformat(landed.stats(root / "data" / "landed").end) + delay
    stage.notes[AT] = at.replace(tzinfo=at.tzinfo or UTC).isoformat()
    running.detach(workspaces.load(root).place(SERVED), ["--port", "0", "--replay"], mute)
    with going_on(stage) as scene:
        yield scene


@contextmanager
def going_on(stage: Stage) -> Iterator[Scene]:
    """The rehearsal as the last chapter left it. Where a chapter fails, its endpoint does not stay."""
    root = stage.root / FOLDER
    delay = project.load(root / "project.toml").table.label_delay
    clock = Ticking(datetime.fromisoformat(stage.notes[AT]), callers.gap_of(delay))
    found = Scene(stage, world.of(root, clock, mute, "rehearsal"), clock)
    try:
        yield found
    except BaseException:
        running.down(found.world.prod)
        raise
    stage.notes[AT] = clock.now().isoformat()
