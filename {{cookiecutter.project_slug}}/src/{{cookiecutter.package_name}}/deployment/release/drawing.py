"""`mlops rollout draw`: a release as one picture, stage by stage, from the decisions that were kept."""

from __future__ import annotations

from pathlib import Path

from ...model import handoff
from ..comparison import plots
from ..comparison.verdict import Verdict
from .journal import Release, ReleaseError
from .world import World


def draw(world: World, release: Release, out: Path | None = None) -> Path:
    """Draw every stage that was decided; gives the picture's path. Raises `ReleaseError` where none was."""
    kept = {path: Verdict.of_json(handoff.read_json(path)) for path in world.folder(release.id).glob("*.json")}
    if not kept:
        raise ReleaseError(f"{release.sentence}: no stage was decided yet", fix="draw it later")
    stages = sorted(kept, key=lambda path: kept[path].now)
    title = f"version {release.version} against {kept[stages[-1]].champion}: {release.status}"
    traces = [plots.load(path.with_suffix(".npz"), kept[path]) for path in stages]
    return plots.draw(traces, out or world.folder(release.id) / "release.png", title)
