"""What needs a person, found by looking at what is recorded; each alert is raised, and cleared, by the same look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ...data import landed
from ...deployment.release import journal as releases
from ...deployment.release.journal import BACK, REFUSED
from ...deployment.release.world import World
from ...deployment.serving import status
from ..alerts import journal, send
from ..drift import looked, rules
from ..freshness import episodes, health
from ..metrics import settings
from . import beats

LANDED = "data/landed"
PATIENCE = 3  # failures in a row before a person is told: the next turn may cure it


def look(world: World) -> str:
    """Raise what has begun, clear what is over, send what is new. Raises `AlertError` where that is not taken."""
    found = {
        "endpoint-down": endpoint(world),
        "bad-data": quarantined(world),
        "drift-not-judged": blind(world),
        "job-fails": failing(world),
        "stale-features": stale(world),
        "release-stopped": stopped(world),
    }
    new = [line for kind, subjects in found.items() for line in settle(world, kind, subjects)]
    sent = send.run(world.prod, world.clock.now())
    return "; ".join([*new, *([sent] if sent else [])])


def settle(world: World, kind: str, subjects: Mapping[str, str]) -> list[str]:
    """Make the open alerts of a kind those of these subjects; gives the new ones."""
    now = world.clock.now()
    new = [f"{kind} {it}: {said}" for it, said in subjects.items() if journal.note(world.prod, kind, it, said, now)]
    for it in journal.standing(world.prod):
        if it.kind == kind and it.subject not in subjects:
            journal.clear(world.prod, kind, now, "it is over", it.subject)
    return new


def endpoint(world: World) -> dict[str, str]:
    """The endpoint, where callers should be answered and are not."""
    if not world.endpoint.current().traffic or status.read(world.prod).running:
        return {}
    return {world.prod.name: "its endpoint does not run"}


def quarantined(world: World) -> dict[str, str]:
    """Batches that wait for a decision."""
    return {batch: f"{rows:,} rows in quarantine" for batch, rows in landed.stats(world.root / LANDED).held.items()}


def blind(world: World) -> dict[str, str]:
    """The served model, where for longer than a window no look could judge anything."""
    last = looked.last(world.prod)
    if last is None or not last.blind or not world.endpoint.current().traffic:
        return {}
    window = rules.read(world.root / rules.FILE).check.window
    if datetime.fromisoformat(last.at) - datetime.fromisoformat(last.blind) < window:
        return {}
    return {f"version {last.version}": f"since {last.blind[:19]} no look could judge anything: {last.sentence}"}


def failing(world: World) -> dict[str, str]:
    """Jobs that fail again and again."""
    return {
        name: f"{it.failures} times in a row: {it.wrong.partition(chr(10))[0]}"
        for name, it in beats.read(world.prod).items()
        if it.failures >= PATIENCE
    }


def stale(world: World) -> dict[str, str]:
    """Feature sets that servers cannot use; each episode is told as an event, too."""
    now = world.clock.now()
    episodes.note(world.dev, health.of(world, settings.load(world.root).freshness), now)
    return {it.subject: it.why for it in episodes.standing(world.dev)}


def stopped(world: World) -> dict[str, str]:
    """The last release, where it was refused or taken back."""
    last = next(iter(releases.latest(world.prod, 1)), None)
    if last is None or last.status not in (BACK, REFUSED):
        return {}
    return {f"version {last.version}": last.said.partition("\n")[0]}
