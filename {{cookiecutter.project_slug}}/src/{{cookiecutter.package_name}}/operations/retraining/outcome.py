"""What came of retrainings: each is settled once, and where it did not help a person is told."""

from __future__ import annotations

from datetime import datetime

from ... import workspace
from ...deployment.release import journal as releases
from ...deployment.release.journal import DONE, OPEN, Release
from ...deployment.release.world import World
from ...training import facts, requests
from ...training.requests import Request
from ...workspace import Workspace
from ..alerts import journal as alerts
from . import asked
from .asked import RETRAIN, Signal

HELPED, REFUSED, BROKE = "helped", "did not help", "failed"
GATE = "the gate refuses"  # what training/gate.py says
LAST = 200


def settle(world: World) -> str:
    """Look at every retraining that is not settled yet; gives what is new."""
    told = []
    with workspace.database(world.dev.state, asked.TABLES + facts.TABLES) as connection:
        waiting = asked.read(connection, "action = ? AND settled = ''", RETRAIN)
        known = {it.id: it for it in requests.latest(connection, LAST)}
    for signal in waiting:
        said = came(world, known.get(signal.request))
        if said:
            alert(world, signal, said)
            with workspace.database(world.dev.state, asked.TABLES) as connection:
                connection.execute("UPDATE signal SET settled = ? WHERE id = ?", (said, signal.id))
            told.append(said)
    spent(world)
    return "; ".join(told)


def came(world: World, request: Request | None) -> str:
    """What a retraining came to; nothing while it goes on."""
    if request is None or request.status in ("waiting", "running"):
        return ""
    if request.status == "failed":
        word = REFUSED if GATE in request.reason else BROKE
        return f"{word}: {first(request.reason)}"
    version = next((it.version for it in facts.latest(world.dev, LAST) if it.id == request.run), "")
    if not version:
        return f"{REFUSED}: no version came of run {request.run}"
    release = of_version(world.prod, version)
    if release is None or release.status == OPEN:
        return ""
    word = HELPED if release.status == DONE else REFUSED
    return f"{word}: version {version}, {release.status}: {first(release.said)}"


def of_version(place: Workspace, version: str) -> Release | None:
    return next((it for it in releases.latest(place, LAST) if it.version == version), None)


def alert(world: World, signal: Signal, said: str) -> None:
    """Tell a person, or that it is over."""
    at = world.clock.now()
    if said.startswith(HELPED):
        for kind in ("retraining-did-not-help", "retraining-failed"):
            alerts.clear(world.prod, kind, at, said)
        return
    kind = "retraining-did-not-help" if said.startswith(REFUSED) else "retraining-failed"
    alerts.note(world.prod, kind, signal.champion[:12] or signal.kind, f"{signal.said}; {said}", at)


def spent(world: World) -> None:
    """A budget that is spent is told for as long as the last signal met it."""
    last = next(iter(asked.history(world.dev, 1)), None)
    at: datetime = world.clock.now()
    if last is not None and last.action not in (RETRAIN, asked.WAIT):
        alerts.note(world.prod, "budget-exhausted", "retrainings", f"{last.said}; {last.why}", at)
    elif last is not None and last.action == RETRAIN:
        alerts.clear(world.prod, "budget-exhausted", at, "a retraining was started again")


def first(text: str) -> str:
    return text.partition("\n")[0]
