"""Level 3's part of `mlops demo`: a first version, a better one, an equal, a worse and a broken one, and the way back.

It plays in a copy of the repo with commits of its own (see `rehearsal/`), where its endpoint, its registry and its
records can be looked at afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ..model import handoff, project
from ..story import Figure, Stage, Told
from . import story_scene as scene
from .promotion.package import HANDOFF
from .rehearsal.copied import FOLDER
from .release.journal import BACK, DONE, EQUAL, REFUSED
from .story_scene import GOOD, MODEST, NOTHING, SAME, Scene

LEAST = 0.05  # share of the loss by which a challenger is clearly better: it must be promoted then


def begin(stage: Stage) -> Told:
    """A copy with its workspaces; a first, simple model goes all the way to the endpoint."""
    with scene.first(stage) as it:
        how = modest(it)
        if not how:
            return NOTHING
        stage.notes[MODEST] = it.version
        ended = it.release(it.version)
        it.must(ended.status == DONE, f"the first version was not released: {ended.sentence}")
        figures: dict[str, Figure] = {"the model": how, "version": f"dev:{it.version}"}
        figures |= {step.step: step.said.splitlines()[0] for step in it.history(ended) if " %" not in step.step}
    text = (
        f"A copy of the repo with commits of its own, in {FOLDER}, got its workspaces dev, registry, test and prod, and"
        " an endpoint. A first, simple model was trained, tested, carried from dev through the registry to prod, file"
        " by file under one digest, deployed, and asked through the door that callers use. No hand was needed."
    )
    return Told(text, figures)


def modest(it: Scene) -> str:
    """Train a first model that leaves something to be desired and passes the gate; gives what it is."""
    own = project.load(it.root / "project.toml").training
    if own.estimator != "linear" and it.candidate(estimator="linear"):
        return "linear, as first models are"
    if it.candidate(estimator=own.estimator, test_fraction=0.9):
        return f"{own.estimator}, on the first tenth of the rows"
    return ""


def better(stage: Stage) -> Told:
    """What project.toml says beats the simple model: in the shadow, then for more and more callers."""
    own = project.load(stage.root / "project.toml").training
    with scene.going_on(stage) as it:
        found = it.candidate(estimator=own.estimator, test_fraction=own.test_fraction)
        if MODEST not in stage.notes or not found or it.version == stage.notes[MODEST]:
            return NOTHING
        stage.notes[GOOD] = it.version
        ended, met = it.release_among_callers(it.version)
        clear = gain(found) >= LEAST
        it.must(ended.status == DONE or not clear, f"a clearly better challenger was not promoted: {ended.sentence}")
        words = (
            "was promoted"
            if ended.status == DONE
            else "was not surely better on the callers' rows, and was not promoted"
        )
        return it.told(ended, met, f"A challenger {words}. It answered copies of the requests first, which nobody saw.")


def gain(evaluation: dict[str, Any]) -> float:
    """By which share of the champion's figure the model is better, on the rows of the evaluation."""
    duel = evaluation["champion"]
    if not duel or not duel["champion"]:
        return 0.0
    return abs(float(duel["gain"])) / abs(float(duel["champion"])) if duel["gain"] > 0 else 0.0


def equal(stage: Stage) -> Told:
    """Retrained with another seed: another file with the same to say."""
    own = project.load(stage.root / "project.toml").training
    with scene.going_on(stage) as it:
        if GOOD not in stage.notes or not it.candidate(seed=own.seed + 1) or it.version == stage.notes[GOOD]:
            return NOTHING
        stage.notes[SAME] = it.version
        ended, met = it.release_among_callers(it.version)
        it.must(ended.status in (EQUAL, BACK), f"an equal challenger was not stopped: {ended.sentence}")
        text = "The same model retrained with another seed is another file with the same to say. It was not promoted."
        return it.told(ended, met, text)


def worse(stage: Stage) -> Told:
    """The first version once more: it passed the gate in its time."""
    with scene.going_on(stage) as it:
        if GOOD not in stage.notes:
            return NOTHING
        ended, met = it.release_among_callers(stage.notes[MODEST])
        it.must(ended.status != DONE, f"a worse challenger was promoted: {ended.sentence}")
        text = (
            "Somebody released the simple model again, whose gate was another one in its time. The copies of the"
            " requests were enough to know; it was taken away before a caller saw an answer of it."
        )
        return it.told(ended, met, text)


def broken(stage: Stage) -> Told:
    """A file that was altered after its tests."""
    with scene.going_on(stage) as it:
        if SAME not in stage.notes:
            return NOTHING
        before = it.world.endpoint.current()
        with altered(it, stage.notes[SAME]):
            ended, met = it.release_among_callers(stage.notes[SAME])
        it.must(ended.status == REFUSED, f"an altered model was not refused: {ended.sentence}")
        it.must(it.world.endpoint.current() == before, "a refused model changed the endpoint")
        text = (
            "One byte of a registered model was changed behind the registry's back. It was refused, and never deployed."
        )
        return it.told(ended, met, text)


@contextmanager
def altered(it: Scene, version: str) -> Iterator[None]:
    """Change a byte of a registered model for the while."""
    source = urlsplit(it.world.registry(it.world.dev).get(version).source)
    path = Path(unquote(source.path)).parent / HANDOFF / handoff.MODEL
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        yield
    finally:
        path.write_bytes(whole)
