"""The demo's chapters about releasing: one request served by the real service, and the way back."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any

from ..data import landed
from ..data import story as data_story
from ..model import check, handoff, project
from ..service import smoke, store
from ..story import Figure, Stage, Told
from ..workspace import current
from . import release, run
from .gate import GateError
from .registry import Registry
from .run import Outcome
from .telling import NOTHING, VERSION, clauses, must, trained


def served(stage: Stage) -> Told:
    """`mlops release`, then one request over HTTP to the service of Level 1."""
    if VERSION not in stage.notes:
        return NOTHING
    place, wanted = current(stage.root), stage.notes[VERSION]
    done = release.run(place, wanted, stage.clock, reason="demo")
    must(not release.run(place, wanted, stage.clock, reason="demo").changed, "a second release changed something")
    models, key = stage.root / release.MODELS, secrets.token_urlsafe(16)
    folder = store.Store(models).load().folder
    record = handoff.read_json(folder / handoff.REQUEST)["records"][0]
    expected = handoff.read_json(folder / handoff.RESPONSE)["predictions"][0]
    own = without_features(stage, record)
    with smoke.started(models, key) as url:
        answers = [smoke.ask(f"{url}/score", body, key) for body in (record, own)]
    must(all(status == 200 for status, _ in answers), f"the service answered {answers}")
    must(answers[0][1]["model"] == done.digest, f"the service answered with model {answers[0][1]['model'][:12]}")
    given = {name: value for name, value in answers[0][1].items() if name in expected}
    must(check.same(given, expected), f"the service answered {given}, and {expected} is recorded")
    figures: dict[str, Figure] = {"released": done.sentence, "answer": json.dumps(answers[0][1])[:120]}
    if own.keys() != record.keys():
        figures["looked up in the feature store"] = ", ".join(sorted(set(record) - set(own)))
        figures["the newest row's time, without them"] = json.dumps(answers[1][1])[:120]
    text = (
        "One command put the version behind the service, after the checks that every hand-off meets; a second one "
        "changed nothing. The service answered over HTTP as the hand-off records it, with the version's digest."
    )
    return Told(text, figures)


def without_features(stage: Stage, record: dict[str, Any]) -> dict[str, Any]:
    """A record as callers send it, who know nothing of stored features; of now, so that there are values for it."""
    schema = project.load(stage.root / "project.toml").schema_only
    end = datetime.fromisoformat(landed.stats(current(stage.root).landed).end) + schema.table.label_delay
    own = {name: value for name, value in record.items() if name in schema.inputs}
    return {**own, schema.table.timestamp: end.isoformat()} if schema.table.timestamp in own else own


def back(stage: Stage) -> Told:
    """A later version takes the place of the released one, and makes way for it again."""
    if VERSION not in stage.notes:
        return NOTHING
    place, first = current(stage.root), stage.notes[VERSION]
    words = "The same data gave an equal model: it is no worse than the champion, and so another version."
    if data_story.on_sample(data_story.settings_of(stage)):
        data_story.move_on(stage)
        words = "A day passed; a model that knows it was compared with the champion on rows new to both."
    done, figures = later(stage)
    release.run(place, done.version, stage.clock, reason="demo")
    must(release.served(place, stage.clock) == Registry(place, stage.clock).champion(), "the champion is not served")
    gone = release.back(place, stage.clock, reason="demo: back")
    must(gone.version == first, f"the way back from version {done.version} leads to {gone.version}, not to {first}")
    must(store.Store(stage.root / release.MODELS).load().digest == gone.digest, "the service would serve another model")
    entries = Registry(place, stage.clock).history()
    figures |= {f"ledger {it.seq}": f"{it.action} {it.alias} -> {it.version}" for it in entries[-4:]}
    text = f"{words} It was released, and one command went back. The ledger has each step, and its chain was verified."
    return Told(text, figures)


def later(stage: Stage) -> tuple[Outcome, dict[str, Figure]]:
    """Another version, and how it stood against the champion; where the gate refuses it, the champion is left out."""
    try:
        done = trained(stage, fresh=True)
    except GateError:
        figures = clauses(stage)
        done = trained(stage, inputs={run.CHAMPION: run.NONE})
        marked = f"{done.version}, though refused: registered with --input champion=none, and marked so"
        return done, {**figures, "version": marked}
    return done, {**clauses(stage, done), "version": done.version}
