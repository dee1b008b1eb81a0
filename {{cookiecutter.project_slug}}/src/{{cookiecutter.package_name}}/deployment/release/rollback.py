"""`mlops rollback`, at any time: an open release ends, else the version that stood before gets the traffic again."""

from __future__ import annotations

from dataclasses import dataclass

from ...training import release as releases
from ...training.registry import CHAMPION, Version
from ..serving import install, state
from . import journal, live, machine
from .journal import ReleaseError
from .world import SLOTS, World


@dataclass(frozen=True)
class WentBack:
    """What serves now, and what served before."""

    version: str
    was: str
    how: str

    @property
    def sentence(self) -> str:
        return f"version {self.version} serves again, in the place of {self.was}: {self.how}"


def run(world: World, reason: str = "") -> WentBack:
    """Go back. Raises `ReleaseError` where there is nothing to go back to; nothing is changed then."""
    open_one = journal.current(world.prod)
    if open_one:
        done = machine.abort(world, reason)
        return WentBack(champion(world), f"the candidate {open_one.version}", done.said)
    registry = world.registry(world.prod)
    entries = [it for it in registry.history() if it.alias == CHAMPION]
    target = releases.before(entries)
    if target is None:
        raise ReleaseError("no version stood before this one", fix="`mlops rollout list` shows what was released")
    was = champion(world)
    slot = ready(world, registry.get(target), reason)
    step = state.route({slot: 100})
    said = f"rollback: {reason or 'by hand'}"
    live.settle(world.prod, world.endpoint.change(step, at=world.clock.now(), by=world.by, reason=said).number)
    registry.promote(registry.get(target), by=world.by, reason=reason, action="rollback")
    return WentBack(target, was, f"{slot} has all traffic")


def champion(world: World) -> str:
    return world.registry(world.prod).aliases().get(CHAMPION, "none")


def ready(world: World, version: Version, reason: str) -> str:
    """The deployment of `version`: the one that is still warm, else a new one in the free slot."""
    live.must_run(world.prod)
    have = world.endpoint.current()
    found = next((name for name, it in have.deployments.items() if it.digest == version.sha256), "")
    if not found:
        found = next(name for name in SLOTS if not have.traffic.get(name))
        said = f"rollback: {reason or 'by hand'}"
        install.version(world.prod, found, version.number, world.clock, world.by, said)
    live.wait_ready(world.prod, found)
    return found
