"""The release as a machine: it does the next step and writes it down. Killed anywhere, the next call goes on."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from ...errors import MlopsError
from ...training.registry import Version
from . import journal, steps, wanted
from .journal import BACK, DONE, OPEN, Release, ReleaseError
from .steps import LAST, Moved
from .world import World


def start(world: World, version: str, cause: str = "by hand", id: str = "") -> Release:  # noqa: A002
    """Open the release of a version of dev. Raises `ReleaseError` while another is open."""
    found = world.registry(world.dev).get(version)
    steps.deployable(found)
    have = world.endpoint.current()
    if any(have.deployments[name].digest == found.sha256 for name in have.traffic):
        raise ReleaseError(f"version {found.number} is served already", fix="name another version")
    return journal.begin(world.prod, opening(world, found, cause, id))


def opening(world: World, version: Version, cause: str, id: str) -> Release:  # noqa: A002
    """A release that has done nothing yet."""
    now = world.clock.now()
    name = id or f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    plan = world.plan
    first, at = steps.names(plan)[0], now.isoformat()
    return Release(
        name,
        version.number,
        version.sha256,
        cause,
        world.by,
        at,
        plan.model_dump_json(),
        step=first,
        since=at,
        status=OPEN,
        said="",
        slot="",
        incumbent="",
        approved="",
    )


def advance(world: World, release: Release) -> Release:
    """Do steps until the release ends, or waits for traffic, outcomes or a person."""
    while release.status == OPEN:
        moved = steps.take(world, release)
        release = written(world, release, moved)
        if moved.outcome == "wait":
            break
    return release


def written(world: World, release: Release, moved: Moved) -> Release:
    """Write what a step came to. Going back is done before it is written, and again where the row was lost."""
    now = world.clock.now()
    if moved.outcome == "wait":
        return release if moved.said == release.said else note(world, release, moved)
    if moved.outcome == "back":
        steps.undo(world, release, moved.said.splitlines()[0])
        changed = {"status": moved.ends}
    elif release.step == LAST:
        changed = {"status": DONE}
    else:
        changed = {"step": steps.following(release), "since": now.isoformat(), **moved.changed}
    world.echo(f"{release.step}: {moved.said}")
    return journal.move(world.prod, release, moved.ends or moved.outcome, moved.said, moved.figures, now, **changed)


def note(world: World, release: Release, moved: Moved) -> Release:
    """A look that decides nothing is recorded too."""
    world.echo(f"{release.step}: {moved.said}")
    return journal.move(world.prod, release, moved.outcome, moved.said, moved.figures, world.clock.now())


def next_one(world: World) -> Release | None:
    """The open release, else the one that is asked for next; None where nothing is to do."""
    there = journal.current(world.prod)
    if there:
        return there
    for request in wanted.waiting(world.dev):
        try:
            release = start(world, request.version, request.cause, request.id)
        except MlopsError as error:
            world.echo(f"version {request.version} is not released: {error.problem}")
            wanted.take(world.dev, request)
            continue
        wanted.take(world.dev, request)
        if release.status == OPEN:
            return release
    return None


def turn(world: World) -> Release | None:
    """One round: the open release goes as far as it can."""
    release = next_one(world)
    return advance(world, release) if release else None


def follow(world: World, release: Release, pause: Callable[[], None]) -> Release:
    """Until it ends; `pause` waits between two looks."""
    while (release := advance(world, release)).status == OPEN:
        pause()
    return release


def approve(world: World) -> Release:
    """A person says yes to the open release."""
    release = must_be_open(world)
    return journal.move(world.prod, release, "approved", f"by {world.by}", {}, world.clock.now(), approved=world.by)


def abort(world: World, reason: str) -> Release:
    """End the open release: everybody back to the incumbent."""
    release = must_be_open(world)
    said = f"aborted by {world.by}{f': {reason}' if reason else ''}"
    return written(world, release, Moved("back", said, ends=BACK))


def must_be_open(world: World) -> Release:
    release = journal.current(world.prod)
    if release is None:
        raise ReleaseError("no release is open", fix="`mlops rollout start VERSION` opens one")
    return release
