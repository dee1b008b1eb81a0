"""Drills with the data: the world changes, outcomes turn to noise, features grow old, a batch is bad."""

from __future__ import annotations

from dataclasses import replace

from ...data import decide, landed
from ...data.decide import Decision
from ...deployment.release.journal import DONE
from ...features import extended
from ...model import project
from ..freshness import episodes
from ..loop.jobs import LANDED
from ..season import crowd
from ..season.crowd import Question
from ..season.days import Season
from .floor import DrillError, Floor


def drift(floor: Floor) -> None:
    """The world changes for good: one retraining, and its version takes over."""
    it = floor.season
    if it.comes.turns is None:
        raise DrillError("your rows do not tell when the world changes", fix="`mlops demo --level 4` replays them")
    before = floor.champion()
    floor.fault(f"roadworks from {it.comes.turns:%Y-%m-%d} on")
    floor.until(lambda: floor.retrainings() > 0, "production asked for a retraining", 16)
    floor.claim(it.clock.now() > it.comes.turns, "nothing was asked for before the change")
    floor.until(lambda: floor.released().count(DONE) == 2 and floor.champion() != before, "a new version took over", 16)
    floor.claim(floor.retrainings() == 1, "one retraining, although the drift was seen at every look")
    floor.answered()


def regression(floor: Floor) -> None:
    """Outcomes turn to noise: a retraining does not help, nothing is promoted, a person is told."""
    it, before = floor.season, floor.champion()
    swap(it)
    floor.fault("what callers report to have come true is that of another request")
    floor.until(lambda: floor.retrainings() > 0, "production asked for a retraining", 14)
    floor.until(lambda: floor.alert("retraining-did-not-help"), "a person is told that it did not help", 14)
    floor.claim(floor.champion() == before, "nothing was promoted")
    floor.answered()


def swap(it: Season) -> None:
    """From now on callers report each other's outcomes; the source has the true ones."""
    real = it.crowd.ask

    def asked(questions: list[Question]) -> None:
        told = [questions[len(questions) - 1 - number].outcome for number in range(len(questions))]
        real([replace(one, outcome=outcome) for one, outcome in zip(questions, told, strict=True)])

    it.crowd.ask = asked  # type: ignore[method-assign,assignment]


def stale(floor: Floor) -> None:
    """Features are no longer computed: it is told, answers go on and say so, and it clears by itself."""
    it = floor.season
    sets = extended.feature_sets(it.world.schema)
    if not sets or min(one.ttl for one in sets).days > 14:
        raise DrillError("no feature set of this repo grows old within days", fix="see ttl in features/definitions.py")
    it.idle = frozenset({"features"})
    floor.fault("the job `features` has no turn any more")
    floor.until(lambda: floor.alert("stale-features"), "a person is told of stale features", 6)
    floor.claim(bool(episodes.standing(it.world.dev)), "an event tells of it, once an episode")
    missing = asked_of(it)
    floor.claim(bool(missing), f"answers say which features they had to do without: {missing}")
    it.idle = frozenset()
    floor.fault("none: the job has its turns again")
    floor.until(lambda: not floor.alert("stale-features"), "the alert cleared by itself", 2)
    floor.answered()


def asked_of(it: Season) -> str:
    """The header of an answer as of now."""
    row = it.rows.iloc[[0]].copy()
    row[it.world.schema.table.timestamp] = it.clock.now().replace(tzinfo=None)
    (question,) = crowd.questions(row, it.world.schema)
    headers = {"Content-Type": "application/json", "X-Entity": "drill", "X-Replay-At": question.at}
    connection = it.crowd.connection()
    connection.request("POST", "/score", question.body, headers)
    found = connection.getresponse()
    found.read()
    it.crowd.hang_up()
    return found.headers.get("x-features-missing", "") if found.status == 200 else ""


def bad(floor: Floor) -> None:
    """A bad batch comes: it is set aside, a person is told, nothing learns from it, and answers go on."""
    it = floor.season
    root = it.world.root / LANDED
    floor.until(lambda: True, "a step passes", 1)
    before = landed.stats(root)
    it.comes.spoil()
    floor.fault("the source delivers rows that cannot be")
    it.round(("ingest",))
    it.round(("alerts",))
    now = landed.stats(root)
    held = {name: rows for name, rows in now.held.items() if name not in before.held}
    floor.claim(bool(held), f"{sum(held.values())} rows are in quarantine")
    floor.claim(now.rows == before.rows, "none of them was landed, where trainings read")
    floor.claim(floor.alert("bad-data"), "a person is told")
    decision = Decision("the drill", "a drill")
    for name in now.held:
        decide.drop(project.load(it.world.root / "project.toml"), root, name, decision, clock=it.clock)
    floor.fault("none: the batch was dropped by a person")
    it.round(("alerts",))
    floor.claim(not floor.alert("bad-data"), "the alert cleared by itself")
    floor.answered()
