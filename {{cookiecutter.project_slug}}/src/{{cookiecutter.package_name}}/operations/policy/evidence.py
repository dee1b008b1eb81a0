"""What is known of the version that a release would let take over: plain figures, kept whole with the decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from ...data import landed
from ...deployment.lineage import trace
from ...deployment.promotion import limits, modeltests, package, report
from ...deployment.promotion.package import EVALUATION
from ...deployment.release import holds, journal, steps
from ...deployment.release.journal import DONE, Release
from ...deployment.release.world import World
from ...deployment.serving import joined
from ...errors import MlopsError, ModelError
from ...model import handoff
from ...training.judge import RESULT
from ...training.registry import Version
from ..freshness import episodes

LAST, P95 = 200, 0.95


def of(world: World, release: Release) -> dict[str, Any]:
    """Everything that a clause may ask, as of now, as JSON has it."""
    now = world.clock.now()
    held, rows = holds.standing(world.prod, now), landed.stats(world.dev.landed)
    return {
        "at": now.isoformat(),
        "release": release.id,
        "version": release.version,
        "model": release.sha256,
        "cause": release.cause,
        "incumbent": release.incumbent,
        "paired": any(it.paired for it in release.rules.stages),
        "direction": world.schema.metric.direction,
        "shadow": shadow(world, release),
        "offline": offline(world, release),
        "latency": latency(world, release, now),
        "lineage": lineage(world, release),
        "tests": tests(world, release),
        "quarantined": sum(rows.held.values()),
        "landed": rows.rows,
        "stale": [it.subject for it in episodes.standing(world.dev)],
        "held": held.sentence if held else "",
        "promoted": promoted(world),
    }


def shadow(world: World, release: Release) -> dict[str, Any] | None:
    """The verdict that its shadow came to, with the interval of its gain; None where there is none."""
    for path in sorted(world.folder(release.id).glob("shadow-*.json")):
        found = handoff.read_json(path)
        seen = found["figures"]
        usual = (seen["clipped_loss"] or {}).get("champion")
        figures = {name: seen[name] for name in ("gain", "low", "high")}
        rows = int(seen["rows"]["challenger"])
        return {"decision": found["decision"], "reason": found["reason"], "usual": usual, "rows": rows, **figures}
    return None


def offline(world: World, release: Release) -> dict[str, Any] | None:
    """The duel with the champion that its evaluation recorded; None where there was none."""
    registry = world.registry(world.dev)
    try:
        with package.fetched(registry, registry.get(release.version)) as files:
            duel: dict[str, Any] | None = handoff.read_json(files[EVALUATION] / RESULT)["champion"]
    except (MlopsError, OSError, KeyError) as error:
        return {"problem": f"its evaluation cannot be read: {error}", "slices": []}
    return duel


def latency(world: World, release: Release, now: datetime) -> dict[str, Any]:
    """How long its answers took since it was deployed."""
    rows = joined.read(world.prod, datetime.fromisoformat(release.opened), now)
    mine = rows[(rows["digest"] == release.sha256) & (rows["status"] == 200)]["latency_ms"].dropna()
    return {"answers": len(mine), "p95_ms": float(np.quantile(mine, P95)) if len(mine) else None}


def lineage(world: World, release: Release) -> dict[str, Any]:
    """What it stands on, looked at again."""
    try:
        found = trace.run(
            world.root, f"{world.prod.name}:{served(world, release).number}", world.clock, workspace="prod"
        )
    except MlopsError as error:
        return {"things": 0, "problems": [str(error)]}
    return {"things": len(found.graph.nodes), "problems": found.problems}


def tests(world: World, release: Release) -> dict[str, Any]:
    """Its last test report, and the digests of its files and of the tests as they are now."""
    registry = world.registry(world.dev)
    try:
        found, _, _ = report.latest(world.dev, release.sha256)
        with package.fetched(registry, registry.get(release.version)) as files:
            artifacts = files.digest
    except ModelError as error:
        return {"problem": error.problem}
    return {
        "problem": "",
        "passed": found.passed,
        "said": found.sentence,
        "artifacts": found.artifacts_sha256,
        "artifacts_now": artifacts,
        "tests": found.tests_sha256,
        "tests_now": modeltests.digest(world.root / limits.FILE),
    }


def served(world: World, release: Release) -> Version:
    """Its version in production."""
    return steps.of_digest(world, world.prod, release.sha256)


def promoted(world: World) -> list[str]:
    """When versions took over to which the policy had said yes."""
    return [it.since for it in journal.latest(world.prod, LAST) if it.status == DONE and it.approved == BY]


BY = "policy.toml"  # who says yes in its name
