"""What a person says to the open release: yes, or no more of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import champions, holds, journal, machine
from .holds import HeldError
from .journal import BACK, OPEN, OvertakenError, Release, ReleaseError
from .order import APPROVE, LAST, Moved
from .world import World


def approve(world: World, figures: Mapping[str, Any] | None = None) -> Release:
    """Say yes to the open release; `figures` are what the yes stands on. Twice is the same as once.

    Raises `ReleaseError` where nobody asked, `HeldError` while releases are held.
    """
    release = must_be_open(world)
    if release.step != APPROVE:
        raise ReleaseError(f"{release.sentence}: nobody asks for approval now", fix="wait until it is at approve")
    held = holds.standing(world.prod, world.clock.now())
    if held:
        raise HeldError(held.sentence, fix="`mlops rollout resume` lets them go on; then say yes")
    if release.approved:
        return release
    now, said = world.clock.now(), f"by {world.by}"
    return journal.move(world.prod, release, "approved", said, dict(figures or {}), now, approved=world.by)


def abort(world: World, reason: str) -> Release:
    """End the open release now, whoever is at work on it: everybody back to the incumbent.

    Raises `ReleaseError` where its model is the champion already: that is `mlops rollback`'s.
    """
    release = must_be_open(world)
    if release.step == LAST and champions.crowned(world, release.sha256):
        wrong = f"{release.sentence}, and its model is the champion already"
        raise ReleaseError(wrong, fix="`mlops rollout run --once` writes that down; `mlops rollback` goes back")
    why = f"aborted by {world.by}{f': {reason}' if reason else ''}"
    release = journal.stop(world.prod, release.id, why)
    while release.status == OPEN:
        try:
            release = machine.written(world, release, Moved("back", release.stopping, ends=BACK))
        except OvertakenError:
            release = machine.overtaken(world, release)
    return release


def must_be_open(world: World) -> Release:
    release = journal.current(world.prod)
    if release is None:
        raise ReleaseError("no release is open", fix="`mlops rollout start VERSION` opens one")
    return release
