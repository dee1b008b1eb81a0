"""`mlops rollback`, at any time: an open release ends, else the version that stood before gets the traffic again."""

from __future__ import annotations

from dataclasses import dataclass

from ...training.registry import Version
from ..serving import install, state
from . import champions, journal, live, machine, person
from .order import LAST
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
    if open_one and open_one.step == LAST and champions.crowned(world, open_one.sha256):
        machine.advance(world, open_one)  # it only lacks its last row
    elif open_one:
        done = person.abort(world, reason)
        return WentBack(champions.number(world), f"the candidate {open_one.version}", done.said)
    target, was = champions.before(world), champions.number(world)
    said = f"rollback: {reason or 'by hand'}"
    slot = ready(world, target, said)
    changed = world.endpoint.change(state.route({slot: 100}), at=world.clock.now(), by=world.by, reason=said)
    live.settle_if_up(world.prod, changed.number)
    champions.crown(world, target.sha256, world.by, reason, "rollback")
    return WentBack(target.number, was, f"{slot} has all traffic")


def ready(world: World, version: Version, said: str) -> str:
    """The deployment of `version`: the one that is still warm, else a new one in the free slot."""
    have = world.endpoint.current()
    found = next((name for name, it in have.deployments.items() if it.digest == version.sha256), "")
    if not found:
        found = next(name for name in SLOTS if not have.traffic.get(name))
        install.version(world.prod, found, version.number, world.clock, world.by, said)
    if live.up(world.prod):
        live.wait_ready(world.prod, found)
    return found
