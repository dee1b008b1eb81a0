"""Which model is the champion: production says so, and where models are trained the word follows.

The gate holds every new model against the champion of its own workspace; it must be the one that serves.
"""

from __future__ import annotations

from ...training import release as releases
from ...training.registry import CHAMPION, Version
from . import steps
from .journal import ReleaseError
from .world import World


def number(world: World) -> str:
    """The champion of production; `none` where there is none yet."""
    return world.registry(world.prod).aliases().get(CHAMPION, "none")


def crowned(world: World, digest: str) -> bool:
    """Whether this model is production's champion."""
    found = world.registry(world.prod).champion()
    return found is not None and found.sha256 == digest


def crown(world: World, digest: str, by: str, reason: str, action: str) -> str:
    """Make a model the champion in production and in dev, with ledger entries and events; gives production's number.

    Twice is the same as once, so that a call that was killed between the two is gone on with.
    """
    made = steps.of_digest(world, world.prod, digest)
    world.registry(world.prod).promote(made, by=by, reason=reason, action=action)
    for version in world.registry(world.dev).versions():  # a registry that was cleared since has nothing to follow with
        if version.sha256 == digest:
            world.registry(world.dev).promote(version, by=by, reason=reason, action=action)
    return made.number


def before(world: World) -> Version:
    """The champion before this one. Raises `ReleaseError` where there was none."""
    registry = world.registry(world.prod)
    target = releases.before([it for it in registry.history() if it.alias == CHAMPION])
    if target is None:
        raise ReleaseError("no version stood before this one", fix="`mlops rollout list` shows what was released")
    return registry.get(target)
