"""The steps of a release in order. Each may be done twice: killed before its row was written, it runs again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ...errors import ModelError
from ...service import accept
from ...training.registry import CHAMPION, Version
from ..comparison import verdict
from ..comparison.plan import Plan, Stage
from ..promotion import promote, testing
from ..promotion.refusals import RefusedError
from ..promotion.testing import TestsFailedError
from ..serving import install, joined, state
from . import checks, live
from .checks import ChecksFailedError
from .journal import BACK, EQUAL, REFUSED, Release, ReleaseError
from .live import NotReadyError
from .world import SLOTS, World

Outcome = Literal["next", "wait", "back"]
# what is the model's fault: the release ends, and no caller has met it
FAULTS = (TestsFailedError, RefusedError, accept.RefusedError, ChecksFailedError, NotReadyError)
BEFORE = ("test", "share", "approve", "promote", "deploy", "check")
LAST, ROUTE = "finish", "to "


@dataclass(frozen=True)
class Moved:
    """What a step came to; `ends` is the release's status where it goes back, `changed` what it found out."""

    outcome: Outcome
    said: str
    figures: dict[str, Any] = field(default_factory=dict)
    ends: str = ""
    changed: dict[str, str] = field(default_factory=dict)


def names(plan: Plan) -> tuple[str, ...]:
    """All steps of a release under `plan`. A stage is looked at from the moment on when its shares are in force."""
    return (*BEFORE, *(name for stage in plan.stages for name in (ROUTE + stage.name, stage.name)), LAST)


def following(release: Release) -> str:
    """The step after the release's."""
    found = names(release.rules)
    return found[found.index(release.step) + 1]


def take(world: World, release: Release) -> Moved:
    """Do the release's step. What the model is to blame for ends the release; every other error is the caller's."""
    stages = {stage.name: stage for stage in release.rules.stages}
    now = stages.get(release.step.removeprefix(ROUTE))
    try:
        if now is None:
            return STEPS[release.step](world, release)
        return look(world, release, now) if release.step in stages else route(world, release, now)
    except FAULTS as error:
        return Moved("back", error.problem, ends=REFUSED if release.step in BEFORE else BACK)


def test(world: World, release: Release) -> Moved:
    """The model's own tests, and their report."""
    report, folder = testing.run(world.dev, release.version, world.clock, release.by)
    testing.require(report, folder)
    return Moved("next", report.sentence, {"report": str(folder)})


def share(world: World, release: Release) -> Moved:
    """Into the registry that the workspaces share."""
    made = promote.promote(release.version, world.dev, world.shared, world.clock, release.by, f"release {release.id}")
    return Moved("next", f"{world.shared.name}:{made.number}", {"digest": made.sha256})


def approve(_: World, release: Release) -> Moved:
    """By a person, where release.toml asks for one."""
    if not release.rules.approval:
        return Moved("next", "release.toml asks for no approval")
    if not release.approved:
        return Moved("wait", "a person must say `mlops rollout approve`")
    return Moved("next", f"approved by {release.approved}")


def into_production(world: World, release: Release) -> Moved:
    """From the shared registry into production's, byte for byte."""
    shared = of_digest(world, world.shared, release.sha256)
    made = promote.promote(shared.number, world.shared, world.prod, world.clock, release.by, f"release {release.id}")
    return Moved("next", f"{world.prod.name}:{made.number}", {"digest": made.sha256})


def of_digest(world: World, place: Any, digest: str) -> Version:
    """The version of a model in a workspace."""
    for version in world.registry(place).versions():
        if version.sha256 == digest:
            return version
    raise ReleaseError(
        f"{place.name} has no version of model {digest[:12]}", fix="`mlops rollout abort`, then start anew"
    )


def deploy(world: World, release: Release) -> Moved:
    """A scorer of its own, with no traffic, until it says that it is ready."""
    live.must_run(world.prod)
    before = world.endpoint.current()
    incumbent = next((name for name, share in before.traffic.items() if share == 100), "")
    if before.traffic and not incumbent:
        raise ReleaseError(
            f"traffic is divided: {dict(before.traffic)}", fix="`mlops endpoint status`; give one all of it first"
        )
    slot = release.slot or next(name for name in SLOTS if name != incumbent)
    there = before.deployments.get(slot)
    if there is None or there.digest != release.sha256:
        version = of_digest(world, world.prod, release.sha256)
        install.version(world.prod, slot, version.number, world.clock, release.by, f"release {release.id}: deploy")
    live.wait_ready(world.prod, slot)
    said = f"{slot} is ready; {incumbent or 'nothing'} has the traffic"
    return Moved("next", said, changed={"slot": slot, "incumbent": incumbent})


def check(world: World, release: Release) -> Moved:
    """Integration tests through the door that callers use, by the forced header."""
    version = of_digest(world, world.prod, release.sha256)
    folder = Path(world.endpoint.current().deployments[release.slot].folder)
    asked = checks.Candidate(live.url(world.prod), release.slot, version.sha256, folder, live.key())
    found = checks.run(asked, world.prod.folder / "releases" / release.id / "integration.xml")
    return Moved("next", f"{len(found)} integration tests passed", {it.name: it.detail for it in found})


def route(world: World, release: Release, now: Stage) -> Moved:
    """Give the candidate its share, once."""
    if not release.incumbent:
        return Moved("next", "there is no other model to compare with")
    mirror = {release.slot: now.percent} if now.paired else {}
    traffic = (
        {release.incumbent: 100} if now.paired else {release.slot: now.percent, release.incumbent: 100 - now.percent}
    )
    have = world.endpoint.current()
    if dict(have.mirror) != mirror or dict(have.traffic) != state.positive(traffic):
        have = commit(world, release, now.name, state.route(traffic, mirror))
    live.settle(world.prod, have.number)
    return Moved("next", f"in force: {dict(have.traffic)}{f', copies {mirror}' if mirror else ''}")


def commit(world: World, release: Release, why: str, *steps: state.Step) -> state.State:
    """Change the endpoint in the release's name."""
    return world.endpoint.change(*steps, at=world.clock.now(), by=release.by, reason=f"release {release.id}: {why}")


def look(world: World, release: Release, now: Stage) -> Moved:
    """Ask the rows since the stage began."""
    if not release.incumbent:
        return Moved("next", "there is no other model to compare with")
    until = world.clock.now()
    rows = joined.read(world.prod, None, until)
    found = verdict.judge(rows, release.incumbent, release.slot, now, release.rules, world.schema, release.began, until)
    figures = found.as_json()
    if found.decision == "promote":
        return Moved("next", found.sentence, figures)
    if found.decision == "keep looking":
        return Moved("wait", found.sentence, figures)
    return Moved("back", found.sentence, figures, ends=EQUAL if found.decision == "stop as equal" else BACK)


def finish(world: World, release: Release) -> Moved:
    """All traffic, and the alias with its ledger entry and its event. The one before stays warm, for the way back."""
    have = world.endpoint.current()
    if dict(have.traffic) != {release.slot: 100}:
        have = commit(world, release, LAST, state.route({release.slot: 100}))
    live.settle(world.prod, have.number)
    version = of_digest(world, world.prod, release.sha256)
    registry = world.registry(world.prod)
    registry.promote(version, by=release.by, reason=f"release {release.id}", action="release")
    return Moved("next", f"version {version.number} of {world.prod.name} is the {CHAMPION}")


def undo(world: World, release: Release, reason: str) -> None:
    """Everybody back to the incumbent, and the candidate away. Twice is the same as once."""
    have = world.endpoint.current()
    slot = candidate(have, release)
    if not slot:
        return
    steps: list[state.Step] = []
    if slot in have.used:
        steps.append(state.route({release.incumbent: 100} if release.incumbent else {}))
    steps.append(state.remove(slot))
    commit(world, release, reason, *steps)


def candidate(have: state.State, release: Release) -> str:
    """The release's deployment, also where it was killed before it wrote down which; none where it has none."""
    named = [release.slot] if release.slot else list(have.deployments)
    return next(
        (name for name in named if name in have.deployments and have.deployments[name].digest == release.sha256), ""
    )


STEPS: dict[str, Callable[[World, Release], Moved]] = {
    "test": test,
    "share": share,
    "approve": approve,
    "promote": into_production,
    "deploy": deploy,
    "check": check,
    LAST: finish,
}


def deployable(version: Version) -> None:
    """Raises `ModelError` where the version did not pass the gate."""
    if version.tags.get("gate") != "passed":
        raise ModelError(f"version {version.number} has not passed the gate", fix="release one that has")
