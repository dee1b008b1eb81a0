"""The way back of a release: everybody to the incumbent, and the candidate away."""

from __future__ import annotations

from dataclasses import replace

from ..serving import state
from ..serving.state import State, Step
from . import live
from .journal import Release
from .world import World


def undo(world: World, release: Release, reason: str) -> None:
    """Commit it, and wait until it is in force where an endpoint runs. Twice is the same as once."""
    if not candidate(world.endpoint.current(), release):
        return
    said = f"release {release.id}: {reason}"
    done = world.endpoint.change(away(release), at=world.clock.now(), by=release.by, reason=said)
    live.settle_if_up(world.prod, done.number)


def away(release: Release) -> Step:
    """The step, decided on the state that it meets: nobody can come in between."""

    def step(have: State) -> State:
        slot = candidate(have, release)
        if not slot:
            return have
        if have.traffic.get(slot):
            have = state.route({release.incumbent: 100} if release.incumbent else {})(have)
        return state.remove(slot)(replace(have, mirror={}))

    return step


def candidate(have: State, release: Release) -> str:
    """The release's deployment, also where it was killed before it wrote down which; none where it has none."""
    named = [release.slot] if release.slot else [name for name in have.deployments if not have.traffic.get(name)]
    found = (name for name in named if name in have.deployments)
    return next((name for name in found if have.deployments[name].digest == release.sha256), "")
