"""A batch job by a registered version."""

from __future__ import annotations

from pathlib import Path

from ...clock import Clock
from ...features import filler
from ...model import handoff, project
from ...service.served import Served
from ...training.registry import Registry
from ...workspace import Workspace
from . import offline, source
from . import run as jobs
from .run import Echo, Job, Summary


def run(
    place: Workspace,
    table: Path,
    scores: Path,
    wanted: str,
    keep: tuple[str, ...],
    chunk: int,
    clock: Clock,
    echo: Echo,
    *,
    fresh: bool = False,
) -> Summary:
    """Score `table` by the version or alias `wanted` of the workspace's registry; its digest is checked once more."""
    registry = Registry(place, clock)
    version = registry.get(wanted)
    found = source.find(table)
    with registry.files(version) as folder:
        served = Served(handoff.load(folder))
        defined = project.load(place.root / "project.toml").schema_only
        features = offline.find(folder, found.columns, defined, filler.store(), clock.now())
        echo(f"version {version.number} (model {served.digest[:12]}), {served.way.sentence}")
        if features:
            echo(f"looked up as of each row's time: {', '.join(sorted(features.wanted))}")
        return jobs.run(Job(found, scores, served, version.number, keep, chunk, features), clock, echo, fresh=fresh)
