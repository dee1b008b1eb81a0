"""Level 2's part of `mlops demo`, for training: a version, one that is refused, the same again, a release, and back."""

from __future__ import annotations

import json

from ..errors import ModelError
from ..model import handoff
from ..story import Chapter, Figure, Stage, Told
from ..workspace import current
from . import facts, judge, plots, reproduce, spoilt
from .gate import GateError
from .registry import Registry
from .story_release import back, served
from .telling import GAIN, NOTHING, VERSION, clauses, latest, must, trained


def pipeline(stage: Stage) -> Told:
    """From the source to a version, or to the clause that refuses what is not good enough."""
    try:
        done = trained(stage)
    except GateError:
        text = (
            "Eight steps ran, and the gate refused what came of them. That is what it is for: nothing was registered."
        )
        return Told(text, clauses(stage))
    must(bool(done.version), "a model that passed the gate was not registered")
    version = Registry(current(stage.root), stage.clock).get(done.version)
    stage.notes[VERSION] = done.version
    stage.notes[GAIN] = json.dumps(handoff.read_json(done.steps["evaluate"].outputs["evaluation"] / judge.RESULT))
    figures: dict[str, Figure] = {name: f"{it.seconds:.1f} s" for name, it in done.steps.items() if not it.skipped}
    figures |= clauses(stage, done)
    figures |= {"version": done.version, "model": version.sha256[:12], "snapshot": version.tags["snapshot"][:12]}
    figures |= {"seconds in all": round(done.seconds, 1), "of them MLflow": round(done.mlflow_seconds, 1)}
    text = (
        "Eight steps, declared once in azure/pipelines/training.yml. The model was judged on later rows than it learned"
        " from; every clause of gate.toml held, and it became a version that leads back to data, code and environment."
    )
    if version.marks:
        figures["marked"] = "; ".join(version.marks)
        text += (
            " Register refuses what is not committed or not locked; the demo allowed it, and so the version is marked."
        )
    curve = plots.learning(done.steps["evaluate"].notes["curves"], stage.root / "reports" / "learning-curve.png")
    return Told(text, figures, (curve,) if curve else ())


def again(stage: Stage) -> Told:
    """The same a second time: nothing is new, so nothing is computed."""
    if VERSION not in stage.notes:
        return NOTHING
    done = trained(stage)
    skipped = [name for name, it in done.steps.items() if it.skipped]
    must(done.version == stage.notes[VERSION], f"nothing was new, and version {done.version} came out")
    must(len(skipped) == len(done.steps) - 2, f"nothing was new, and only {skipped} were skipped")
    figures: dict[str, Figure] = {"steps skipped": ", ".join(skipped), "seconds": round(done.seconds, 1)}
    text = (
        "Steps whose inputs, code and libraries have the digests of an earlier run are skipped; ingest and register "
        "always look for themselves."
    )
    return Told(text, {**figures, "version": f"{done.version}, as before"})


def refused(stage: Stage) -> Told:
    """A model that learned from labels upside down meets the same gate."""
    place = current(stage.root)
    known = Registry(place, stage.clock)
    before = [it.number for it in known.versions()]
    try:
        trained(stage, str(spoilt.write(place.root, place.folder / "spoilt")))
    except GateError as error:
        said = [line.strip() for line in error.problem.splitlines()[1:]]
    else:
        raise ModelError("a model that learned everything upside down passed the gate", fix="see training/clauses.py")
    fact = facts.latest(place, 1)[0]
    must([it.number for it in known.versions()] == before, "a refused model was registered")
    must(any(line.startswith("baseline:") for line in said), "the clause that should refuse it did not")
    must(fact.status == facts.FAILED, f"the run of a refused model is recorded as {fact.status}")
    figures: dict[str, Figure] = {f"REFUSED: {it.partition(':')[0]}": it.partition(":")[2].strip() for it in said}
    figures |= {"versions before and after": len(before), "the run": f"{fact.status}, in MLflow with its verdict"}
    text = (
        "The same pipeline with one step more, which turns the labels upside down before the model sees them. The gate "
        "refused, register never ran. The run is recorded as failed, and its verdict lies in MLflow like a good one's."
    )
    both = {"labels upside down": latest(stage, "evaluate", "evaluation", judge.RESULT)}
    if VERSION in stage.notes:
        both = {f"version {stage.notes[VERSION]}": json.loads(stage.notes[GAIN]), **both}
    return Told(text, figures, (plots.gains(both, stage.root / "reports" / "gate.png"),))


def reproduced(stage: Stage) -> Told:
    """`mlops reproduce`."""
    if VERSION not in stage.notes:
        return NOTHING
    proof = reproduce.run(current(stage.root), stage.notes[VERSION], stage.clock)
    figures: dict[str, Figure] = {
        f"{proof.metric}, recorded": repr(proof.recorded),
        f"{proof.metric}, again": repr(proof.again),
        "predictions compared": proof.rows,
        "largest difference": proof.largest,
        "code": proof.where,
    }
    text = (
        "Trained again, in a process of its own, from the recorded snapshot, code, seed and environment: the figure and"
        " every prediction are the same to the last digit. Anything else would have failed this demo."
    )
    return Told(text, figures)


CHAPTERS = [
    Chapter("From the source to a version", pipeline),
    Chapter("Nothing new, nothing done", again),
    Chapter("What the gate refuses", refused),
    Chapter("Made again, to the last digit", reproduced),
    Chapter("Released, and one request served", served),
    Chapter("A later version, and back", back),
]
