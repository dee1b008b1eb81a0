"""The release as a machine: it does the next step and writes it down. Killed anywhere, the next call goes on.

One process at a time moves a release on. Who wants it back need not wait for that process: he writes it down, changes
the endpoint, and the other finds out at its next word (see `stages.commit` and `journal.move`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...data import lock
from ...errors import DataError, MlopsError, ProjectError
from ...service import accept
from ...training.registry import Version
from ..comparison.plan import Plan
from ..promotion.refusals import RefusedError
from ..promotion.testing import TestsFailedError
from . import back, holds, journal, order, stages, steps, wanted
from .checks import ChecksFailedError
from .holds import HeldError
from .journal import BACK, DONE, OPEN, REFUSED, OvertakenError, Release, ReleaseError
from .live import NotReadyError
from .order import APPROVE, BEFORE, LAST, ROUTE, Moved
from .world import World

# what is the model's fault: the release ends, and no caller has met it
FAULTS = (TestsFailedError, RefusedError, accept.RefusedError, ChecksFailedError, NotReadyError)
STEPS: dict[str, Callable[[World, Release], Moved]] = {
    "test": steps.test,
    "share": steps.share,
    "promote": steps.into_production,
    "deploy": steps.deploy,
    "check": steps.check,
    APPROVE: steps.approve,
    LAST: stages.finish,
}


def start(world: World, version: str, cause: str = "by hand", id: str = "", *, asks: bool = False) -> Release:  # noqa: A002
    """Open the release of a version of dev; `asks`: somebody must approve it, whatever release.toml says.

    Raises `ReleaseError` while another is open, `HeldError` while releases are held.
    """
    held = holds.standing(world.prod, world.clock.now())
    if held:
        raise HeldError(held.sentence, fix="`mlops rollout resume` lets them go on")
    found = world.registry(world.dev).get(version)
    steps.deployable(found)
    have = world.endpoint.current()
    if any(have.deployments[name].digest == found.sha256 for name in have.traffic):
        raise ReleaseError(f"version {found.number} is served already", fix="name another version")
    plan = world.plan.model_copy(update={"approval": True}) if asks else world.plan
    return journal.begin(world.prod, opening(world, found, plan, cause, id))


def opening(world: World, version: Version, plan: Plan, cause: str, id: str) -> Release:  # noqa: A002
    """A release that has done nothing yet."""
    now = world.clock.now()
    empty = dict.fromkeys(Release.__dataclass_fields__, "")
    known = {
        "id": id or f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        "version": version.number,
        "sha256": version.sha256,
        "cause": cause,
        "by": world.by,
        "opened": now.isoformat(),
        "plan": plan.model_dump_json(),
        "step": order.first(plan),
        "since": now.isoformat(),
        "status": OPEN,
    }
    return Release(**{**empty, **known})


@contextmanager
def alone(world: World) -> Iterator[None]:
    """One process moves releases on. Raises `BusyError` where another does."""
    held = lock.held(world.prod.folder / "releases")
    try:
        held.__enter__()
    except DataError:
        raise BusyError("another process is at work on the release", fix="`mlops rollout status` tells") from None
    try:
        yield
    finally:
        held.__exit__(None, None, None)


class BusyError(ReleaseError):
    """Another process moves the release on."""


def advance(world: World, release: Release) -> Release:
    """Do steps until the release ends, or waits for traffic, outcomes or a person. Raises `BusyError`."""
    with alone(world):
        release = journal.get(world.prod, release.id)
        waits = False
        while release.status == OPEN and not waits:
            try:
                moved = take(world, release)
                release, waits = written(world, release, moved), moved.outcome == "wait"
            except OvertakenError:
                release = overtaken(world, release)
        return release


def overtaken(world: World, release: Release) -> Release:
    """How the release stands since somebody else moved it. What this process had deployed by then goes away."""
    now = journal.get(world.prod, release.id)
    if now.status not in (OPEN, DONE):
        back.undo(world, now, now.said.splitlines()[0])
    return now


def take(world: World, release: Release) -> Moved:
    """Do the release's step. What the model is to blame for ends the release; every other error is the caller's."""
    if release.stopping:
        return Moved("back", release.stopping, ends=BACK)
    held, now = holds.standing(world.prod, world.clock.now()), order.stage_of(release)
    looks = now is not None and not release.step.startswith(ROUTE)
    if held and not looks:
        return Moved("wait", held.sentence)
    try:
        if now is None:
            return STEPS[release.step](world, release)
        moved = stages.look(world, release, now) if looks else stages.route(world, release, now)
        return Moved("wait", held.sentence) if held and moved.outcome == "next" else moved
    except FAULTS as error:
        return Moved("back", error.problem, ends=REFUSED if release.step in BEFORE else BACK)


def written(world: World, release: Release, moved: Moved) -> Release:
    """Write what a step came to. Going back is done before it is written, and again where the row was lost."""
    now = world.clock.now()
    if moved.outcome == "wait" and moved.said == release.said:
        return release
    changed = moved.changed
    if moved.outcome == "back":
        back.undo(world, release, moved.said.splitlines()[0])
        changed = {"status": moved.ends}
    elif moved.outcome == "next":
        following = {"status": DONE} if release.step == LAST else {"step": order.following(release)}
        changed = {**moved.changed, **following, "since": now.isoformat()}
    done = journal.move(world.prod, release, moved.ends or moved.outcome, moved.said, moved.figures, now, **changed)
    world.echo(f"{release.step}: {moved.said}")
    return done


def next_one(world: World, *, asks: bool = False) -> Release | None:
    """The open release, else the one that is asked for next; None where nothing is to do, or releases are held.

    Raises `ProjectError` where release.toml has a mistake, and nothing is taken.
    """
    there = journal.current(world.prod)
    if there or holds.standing(world.prod, world.clock.now()):
        return there
    for request in wanted.waiting(world.dev):
        try:
            release = start(world, request.version, request.cause, request.id, asks=asks)
        except ProjectError:  # a mistake in the repo's settings is not the version's, which goes on waiting
            raise
        except MlopsError as error:
            world.echo(f"version {request.version} is not released: {error.problem}")
            wanted.take(world.dev, request)
            continue
        wanted.take(world.dev, request)
        if release.status == OPEN:
            return release
    return None


def turn(world: World, *, asks: bool = False) -> Release | None:
    """One round: the open release goes as far as it can. Raises `BusyError`."""
    release = next_one(world, asks=asks)
    return advance(world, release) if release else None


def follow(world: World, release: Release, pause: Callable[[], object]) -> Release:
    """Until it ends, also where another process moves it on; `pause` waits between two looks."""
    while True:
        try:
            release = advance(world, release)
        except BusyError:
            release = journal.get(world.prod, release.id)
        if release.status != OPEN:
            return release
        pause()
