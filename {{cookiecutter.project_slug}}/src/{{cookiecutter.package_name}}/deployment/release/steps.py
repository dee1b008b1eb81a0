"""What is done before a caller meets the candidate. A step that was killed before its row is done again."""

from __future__ import annotations

from pathlib import Path

from ...errors import ModelError
from ...training.registry import Version
from ...workspace import Workspace
from ..promotion import promote, testing
from ..serving import install
from . import checks, live
from .journal import Release, ReleaseError
from .order import Moved
from .world import SLOTS, World


def test(world: World, release: Release) -> Moved:
    """The model's own tests, and their report."""
    report, folder = testing.run(world.dev, release.version, world.clock, release.by)
    testing.require(report, folder)
    return Moved("next", report.sentence, {"report": str(folder)})


def share(world: World, release: Release) -> Moved:
    """Into the registry that the workspaces share."""
    made = promote.promote(release.version, world.dev, world.shared, world.clock, release.by, f"release {release.id}")
    return Moved("next", f"{world.shared.name}:{made.number}", {"digest": made.sha256})


def into_production(world: World, release: Release) -> Moved:
    """From the shared registry into production's, byte for byte."""
    shared = of_digest(world, world.shared, release.sha256)
    made = promote.promote(shared.number, world.shared, world.prod, world.clock, release.by, f"release {release.id}")
    return Moved("next", f"{world.prod.name}:{made.number}", {"digest": made.sha256})


def of_digest(world: World, place: Workspace, digest: str) -> Version:
    """The version of a model in a workspace."""
    for version in world.registry(place).versions():
        if version.sha256 == digest:
            return version
    fix = "`mlops rollout abort`, then start anew"
    raise ReleaseError(f"{place.name} has no version of model {digest[:12]}", fix=fix)


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
    found = checks.run(asked, world.folder(release.id) / "integration.xml")
    return Moved("next", f"{len(found)} integration tests passed", {it.name: it.detail for it in found})


def approve(_: World, release: Release) -> Moved:
    """By a person, where release.toml asks for one."""
    if not release.rules.approval:
        return Moved("next", "release.toml asks for no approval")
    if not release.approved:
        return Moved("wait", "a person must say `mlops rollout approve`")
    return Moved("next", f"approved by {release.approved}")


def deployable(version: Version) -> None:
    """Raises `ModelError` where the version did not pass the gate."""
    if version.tags.get("gate") != "passed":
        raise ModelError(f"version {version.number} has not passed the gate", fix="release one that has")
