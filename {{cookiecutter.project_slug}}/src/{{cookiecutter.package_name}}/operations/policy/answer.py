"""The policy's answer to the open release, once its shadow has spoken: yes, no, not now, or ask a person."""

from __future__ import annotations

from dataclasses import replace

from ...deployment.release import journal, person
from ...deployment.release.journal import Release
from ...deployment.release.order import APPROVE
from ...deployment.release.world import World
from ..alerts import journal as alerts
from . import decisions, evidence, rules
from .decisions import Decision
from .evidence import BY

NEEDED = "promotion-needs-a-person"


def waiting(world: World) -> Release | None:
    """The open release, where it waits for a yes."""
    found = journal.current(world.prod)
    if found is None or found.step != APPROVE or found.approved or not found.rules.approval:
        return None
    return found


def give(world: World) -> str:
    """Answer the release that waits, if one does; gives what is new.

    Where release.toml itself asks for approval, the yes stays a person's: the policy can still say no.
    """
    release = waiting(world)
    if release is None:
        alerts.clear(world.prod, NEEDED, world.clock.now(), "nobody waits for a yes any more")
        return ""
    policy = rules.read(world.root / rules.FILE)
    found, new = decisions.record(world.prod, policy, evidence.of(world, release))
    act(replace(world, by=BY), release, found)
    return f"policy: {found.decision} version {found.version} ({found.why})" if new else ""


def act(world: World, release: Release, found: Decision) -> None:
    """Do what was decided. Twice is the same as once: a loop that was killed in between does it again."""
    if found.decision == "take back":
        person.abort(world, f"decision {found.number}: {found.why}")
    elif found.decision == "promote" and not world.plan.approval:
        person.approve(world, {"decision": found.number})
    elif found.decision in ("promote", "ask a person"):
        said = f"decision {found.number}: {found.why}; `mlops rollout approve` or `mlops rollout abort`"
        alerts.note(world.prod, NEEDED, f"version {release.version}", said, world.clock.now())
