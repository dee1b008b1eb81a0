"""What the loop does: from new rows to the version that serves, each job safe to be killed and begun again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ...clock import SystemClock
from ...data import ingest, lock
from ...deployment.release import machine
from ...deployment.release.journal import OPEN
from ...deployment.release.machine import BusyError
from ...deployment.release.world import World
from ...deployment.serving import running, status
from ...events import pump
from ...features import extended, materialise, publish
from ...model import project
from ...training import schedules, ticks, worker
from ..drift import look, looked, reference, rules
from ..policy import answer, windows
from ..retraining import event, outcome
from . import needs
from .rhythm import Rhythm, load
from .rounds import Job

LANDED = "data/landed"
START = datetime(2000, 1, 1, tzinfo=UTC)  # that turns are counted from
Work = Callable[[World], str]


def endpoint(world: World) -> str:
    """Somebody must answer: an endpoint whose supervisor is gone is brought up again, where it was."""
    if status.read(world.prod).running or not world.endpoint.current().traffic:
        return ""
    running.detach(world.prod, [], lambda _: None)
    return f"the endpoint was down and is up again at {status.read(world.prod).address}"


def gather(world: World) -> str:
    """New rows from the source, checked."""
    found = project.load(world.root / "project.toml")
    options = ingest.Options(until=None if found.source.folder else world.clock.now())
    done = ingest.run(found, world.root / LANDED, options, base=world.root, clock=world.clock)
    return done.sentence() if done.batches else ""


def features(world: World) -> str:
    """Feature values up to now, for training and for servers."""
    sets, store, now = extended.feature_sets(world.schema), world.dev.features, world.clock.now()
    if not sets:
        return ""
    with lock.held(store):
        done = materialise.locked(world.root / LANDED, store, sets, world.clock, lambda _: None)
        publish.run(store, sets, now)
        publish.run(store, sets, now, into=world.prod.features)
    computed = sum(len(it.computed) for it in done)
    return f"{computed} intervals computed" if computed else ""


def automation(world: World) -> str:
    """Schedules tick, events are told and taken; both ask for runs."""
    due = ticks.run(world.dev, schedules.load(world.root), world.clock)
    pumped = pump.once(world.dev, world.clock, world.echo)
    said = [it.sentence for it in due]
    return "; ".join([*said, pumped.consumed.sentence] if pumped.consumed.received else said)


def training(world: World) -> str:
    """The runs that were asked for: in a process of their own, which reads the code anew; in simulated time here."""
    if not worker.waiting(world.dev):
        return ""
    if isinstance(world.clock, SystemClock):
        worker.Apart(world.dev, world.echo)()
        return "what was asked for has run"
    done = worker.work(world.dev, world.clock, world.echo)
    return "; ".join(f"{it.pipeline} for {it.cause}: {it.status}{f', {it.reason}' if it.reason else ''}" for it in done)


def watch(world: World) -> str:
    """Is the served model still what it was? What is found is told, and may start a retraining."""
    if not world.endpoint.current().traffic:
        return ""
    asked, now = rules.read(world.root / rules.FILE), world.clock.now()
    known = reference.find(world.prod, world.clock, asked.check.block)
    until = whole(now, load(world.root).monitor)
    found = look.served(world.prod, asked, world.clock, known, until)
    looked.keep(world.prod, looked.of(found, known.deployment.version, now, looked.last(world.prod)))
    if not found.drifted:
        return ""
    told = event.of(found, known.deployment.digest, event.source(world.dev), until, now)
    return found.sentence if event.announce(world.dev, told) else ""


def whole(now: datetime, every: timedelta) -> datetime:
    """The end of the last whole turn: a turn that was killed and is taken again looks at the same window."""
    return now - (now - START) % every if every else now


def releases(world: World) -> str:
    """The open release goes on, or the next one begins; between shadow and ramp the policy is asked."""
    frozen = windows.keep(world)
    try:
        release = machine.turn(world, asks=True)
        answered = answer.give(world)
        if answered:
            release = machine.turn(world, asks=True) or release
    except BusyError:
        return frozen
    ended = release.sentence if release and release.status != OPEN else ""
    return "; ".join(it for it in (frozen, answered, ended) if it)


def of(world: World, rhythm: Rhythm) -> list[Job]:
    """The jobs that are switched on, in the order in which one feeds the next; what needs a person is seen first."""
    known: dict[str, tuple[timedelta, Work, bool]] = {
        "alerts": (rhythm.alerts, needs.look, False),
        "endpoint": (rhythm.endpoint, endpoint, False),
        "ingest": (rhythm.ingest, gather, True),
        "features": (rhythm.features, features, True),
        "automation": (rhythm.automation, automation, False),
        "training": (rhythm.training, training, True),
        "releases": (rhythm.releases, releases, True),
        "retraining": (rhythm.automation, outcome.settle, False),
        "monitor": (rhythm.monitor, watch, True),
    }
    return [job(world, name, *it) for name, it in known.items() if it[0]]


def job(world: World, name: str, every: timedelta, work: Work, long: bool) -> Job:
    return Job(name, every, lambda: work(world), long)
