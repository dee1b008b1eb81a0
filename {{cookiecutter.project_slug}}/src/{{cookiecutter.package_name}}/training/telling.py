"""What the chapters of the demo share: runs of the pipeline, and what the gate had to say of them."""

from __future__ import annotations

from typing import Any

from ..errors import ModelError
from ..model import handoff
from ..story import Figure, Stage, Told
from ..workspace import current
from . import facts, gate, run
from .run import Options, Outcome

FIX = "look at `mlops pipeline runs`, and at the log of the step in workspaces/dev/runs"
VERSION, GAIN = "pipeline's version", "pipeline's gain"  # notes for later chapters
MARKS = {True: "passed: ", False: "REFUSED: ", None: "does not apply: "}
NOTHING = Told("The gate refused this model, so there is no version that this could be shown with.", {})


def must(held: bool, problem: str) -> None:
    """A chapter that does not show what it promises fails the demo."""
    if not held:
        raise ModelError(problem, fix=FIX)


def trained(stage: Stage, name: str = "training", **options: Any) -> Outcome:
    """One run. The demo's folder need not be a repo, nor its libraries the locked ones: what it registers is marked."""
    chosen = Options("demo", allow_uncommitted=True, **options)
    return run.start(current(stage.root), name, chosen, stage.clock, lambda _: None)


def latest(stage: Stage, step: str, folder: str, name: str) -> dict[str, Any]:
    """A JSON file that a step of the latest run has left, however that run ended."""
    place = current(stage.root)
    return handoff.read_json(place.runs / facts.latest(place, 1)[0].id / step / folder / name)


def clauses(stage: Stage, done: Outcome | None = None) -> dict[str, Figure]:
    """The gate's clauses with their figures: of a run, which may have skipped them, or of the latest, which failed."""
    found = handoff.read_json(done.steps["gate"].outputs["verdict"] / gate.VERDICT) if done else None
    rows = (found or latest(stage, "gate", "verdict", gate.VERDICT))["clauses"]
    return {f"gate: {it['name']}": f"{MARKS[it['passed']]}{it['seen']}" for it in rows}
