"""The candidate among callers: its share, what is to be said of it by now, and the end, when it has all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ... import workspace
from ...model import handoff
from ...training.registry import CHAMPION
from ..comparison import plots, verdict
from ..comparison.plan import Stage
from ..comparison.verdict import Verdict
from ..serving import joined, state
from ..serving.rules import TrafficError
from ..serving.state import State
from . import champions, holds, journal, live
from .journal import BACK, EQUAL, OPEN, OvertakenError, Release
from .order import LAST, Moved
from .world import World

if TYPE_CHECKING:
    import pandas as pd

USUAL = timedelta(days=7)  # of the champion's own rows before a stage, which tell what is usual for each caller
ALONE = "there is no other model to compare with"


def shares(release: Release, now: Stage) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """(traffic, mirror) of a stage."""
    if now.paired:
        return {release.incumbent: 100}, {release.slot: now.percent}
    return state.positive({release.slot: now.percent, release.incumbent: 100 - now.percent}), {}


def route(world: World, release: Release, now: Stage) -> Moved:
    """Give the candidate its share, once."""
    if not release.incumbent:
        return Moved("next", ALONE)
    traffic, mirror = shares(release, now)
    have = world.endpoint.current()
    if (dict(have.traffic), dict(have.mirror)) != (traffic, mirror):
        have = commit(world, release, have, now.name, state.route(traffic, mirror))
    live.settle(world.prod, have.number)
    return Moved("next", f"in force: {dict(have.traffic)}{f', copies {dict(mirror)}' if mirror else ''}")


@contextmanager
def forward(world: World, release: Release) -> Iterator[None]:
    """What is done here nobody can hold, or take back, halfway: whoever wants to waits until it is done.

    Raises `OvertakenError` where somebody holds releases, or wants this one back, already.
    """
    tables = journal.TABLES + holds.TABLES
    with workspace.database(journal.path(world.prod), tables) as connection, workspace.transaction(connection):
        there = journal.find(connection, "id = ?", release.id)[0]
        held = holds.last(holds.read(connection), world.clock.now())
        if held or there.status != OPEN or there.stopping != release.stopping:
            raise OvertakenError(held.sentence if held else there.sentence, fix="`mlops rollout status`")
        yield


def commit(world: World, release: Release, have: State, why: str, step: state.Step) -> State:
    """Change the endpoint from what it was in the release's name.

    Raises `OvertakenError` where somebody else changed it, or holds releases, or wants this one back: who does that
    writes it down first, and changes the endpoint then, so that his change is the last one, whatever the moment.
    """
    said = f"release {release.id}: {why}"
    with forward(world, release):
        try:
            return world.endpoint.change(step, at=world.clock.now(), by=release.by, reason=said, since=have.number)
        except TrafficError as error:
            raise OvertakenError(error.problem, fix=error.fix) from None


def look(world: World, release: Release, now: Stage) -> Moved:
    """Ask the rows since the stage began."""
    if not release.incumbent:
        return Moved("next", ALONE)
    have = world.endpoint.current()
    if (dict(have.traffic), dict(have.mirror)) != shares(release, now):
        last = world.endpoint.history()[-1]
        said = f"{last.by} changed the traffic in the meantime ({last.reason or 'no reason given'})"
        return Moved("back", f"{now.name}: {said}, so that nothing can be compared any more", ends=BACK)
    until = world.clock.now()
    rows = joined.read(world.prod, release.began - USUAL, until)
    found = verdict.judge(rows, release.incumbent, release.slot, now, release.rules, world.schema, release.began, until)
    if found.decision == "keep looking":
        return Moved("wait", found.sentence, found.as_json())
    figures = found.as_json() | {"kept": str(kept(world, release, found, rows))}
    if found.decision == "promote":
        return Moved("next", found.sentence, figures)
    return Moved("back", found.sentence, figures, ends=EQUAL if found.decision == "stop as equal" else BACK)


def kept(world: World, release: Release, found: Verdict, rows: pd.DataFrame) -> Path:
    """Keep a decision, and the path of the gain up to it, which `mlops rollout draw` draws."""
    folder = world.folder(release.id)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found.stage.kind}-{found.stage.percent}.json"
    plots.save(plots.trace(rows, found, world.schema), path.with_suffix(".npz"))
    handoff.write_json(path, found.as_json())
    return path


def finish(world: World, release: Release) -> Moved:
    """All traffic, and the alias with its ledger entry and its event. The one before stays warm, for the way back."""
    have = world.endpoint.current()
    if (dict(have.traffic), dict(have.mirror)) != ({release.slot: 100}, {}):
        have = commit(world, release, have, LAST, state.route({release.slot: 100}))
    if not champions.crowned(world, release.sha256):  # from then on it is no longer asked
        live.settle(world.prod, have.number)
    with forward(world, release):
        number = champions.crown(world, release.sha256, release.by, f"release {release.id}", "release")
    return Moved("next", f"version {number} of {world.prod.name} is the {CHAMPION}")
