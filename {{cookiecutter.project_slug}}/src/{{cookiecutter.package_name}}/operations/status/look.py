"""Each subsystem is asked how it is. One that cannot tell is `wrong` with its reason, and keeps nobody from telling."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from ...data import landed
from ...deployment.release import champions, holds, journal
from ...deployment.release.world import World
from ...deployment.serving import rules
from ...deployment.serving import status as endpoints
from ...errors import MlopsError
from ...features import extended, record
from ...features import status as features
from ...model.durations import format_duration
from ...training import facts
from ..alerts import journal as alerts
from ..drift import looked
from ..loop import beats, rhythm
from ..retraining import asked as asked_for
from .section import Report, Section, State

LANDED = Path("data") / "landed"
PATIENCE = 3  # turns that a job of the loop may miss
LAST = 3


def report(world: World) -> Report:
    """How everything is now."""
    found = tuple(asked(name, look, world) for name, look in LOOKS.items())
    return Report(world.clock.now(), found, tuple(needs(found)))


def asked(name: str, look: Callable[[World], Section], world: World) -> Section:
    """One section, whatever happens to it."""
    try:
        return look(world)
    except (MlopsError, OSError, sqlite3.Error) as error:
        return Section(name, "wrong", str(error))


def needs(found: tuple[Section, ...]) -> list[str]:
    """What somebody must look at."""
    return [f"{it.name}: {it.said}" for it in found if it.state == "wrong"]


def open_alerts(world: World) -> Section:
    """What was told to a person and is not over."""
    found = alerts.standing(world.prod)
    lines = tuple(it.sentence for it in found)
    if not found:
        return Section("alerts", "ok", "nothing needs a person")
    alone = [it for it in found if not it.taken]
    return Section("alerts", "wrong" if alone else "late", f"{len(found)} stand, {len(alone)} without anybody", lines)


def drift(world: World) -> Section:
    """What the last look found, and what production asked for because of earlier ones."""
    last, found = looked.last(world.prod), asked_for.history(world.dev, LAST)
    lines = tuple(it.sentence for it in found)
    if last is None and found:
        return Section("drift", "ok", found[0].sentence, lines, datetime.fromisoformat(found[0].at))
    if last is None:
        return Section("drift", "idle", "the loop has not looked yet; `mlops monitor` does")
    state: State = "late" if last.drifted or last.unjudged == last.columns else "ok"
    return Section("drift", state, f"version {last.version}: {last.sentence}", lines, datetime.fromisoformat(last.at))


def loop(world: World) -> Section:
    """Whether the loop beats, and which of its jobs do not."""
    known, now = beats.read(world.prod), world.clock.now()
    if not known:
        return Section("loop", "idle", "it has never run: `mlops operate`")
    lines, states, last = [], ["ok"], max(it.ended or it.began for it in known.values())
    for name, every in rhythm.load(world.root).named():
        beat = known.get(name)
        if beat is None or not every:
            continue
        well = beat.well
        late = well is None or now - well > PATIENCE * every + rhythm.GRACE
        states.append("wrong" if beat.failures else "late" if late else "ok")
        since = f"last went well {ago(well, now)}" if well else "has never gone well"
        lines.append(f"{name}: {since}{f'; {beat.failures} times not: {beat.wrong}' if beat.failures else ''}")
    worst = worse(states)
    said = {"ok": "every job has its turns", "late": "it does not run, or is held up", "wrong": "a job fails"}[worst]
    return Section("loop", worst, said, tuple(lines), datetime.fromisoformat(last))


def worse(states: list[str]) -> State:
    return "wrong" if "wrong" in states else "late" if "late" in states else "ok"


def data(world: World) -> Section:
    """What is landed, and how old its newest row is."""
    found = landed.stats(world.root / LANDED)
    if not found.rows:
        return Section("data", "idle", "nothing is landed yet: `mlops ingest`")
    said = f"{found.rows:,} rows, from {found.start} to {found.end}"
    waiting = f"{len(found.held)} batches in quarantine to decide on" if found.held else ""
    return Section("data", "wrong" if waiting else "ok", waiting or said, (said,) if waiting else ())


def feature_sets(world: World) -> Section:
    """Whether servers find values that are young enough."""
    sets = extended.feature_sets(world.schema)
    if not sets:
        return Section("features", "idle", "no feature set is defined")
    store = world.dev.features
    if not (store / record.FILE).exists():
        return Section("features", "idle", "nothing is materialised yet: `mlops features materialise`")
    found = [features.of(store, world.root / LANDED, it, world.clock.now()) for it in sets]
    stale = [it.feature_set.name for it in found if it.stale]
    lines = tuple(line for it in found for line in list(features.lines(it))[:2])
    said = f"too old to be served: {', '.join(stale)}" if stale else f"{len(found)} sets are fresh"
    return Section("features", "late" if stale else "ok", said, lines)


def training(world: World) -> Section:
    """The latest runs."""
    runs = facts.latest(world.dev, LAST)
    if not runs:
        return Section("training", "idle", "nothing has run yet: `mlops pipeline run`")
    lines = tuple(f"{it.started[:19]} {it.pipeline}: {it.status}, {it.cause}" for it in runs)
    last = runs[0]
    came = f"version {last.version}" if last.version else first(last.said)
    said = f"run {last.id}: {last.status}{f', {came}' if came else ''}"
    return Section("training", "ok", said, lines, datetime.fromisoformat(last.started))


def registry(world: World) -> Section:
    """Which version is the champion, and how many there are."""
    count = {place.name: len(world.registry(place).versions()) for place in (world.dev, world.shared, world.prod)}
    champion = champions.number(world)
    said = f"version {champion} of prod is the champion" if champion != "none" else "there is no champion yet"
    versions = ", ".join(f"{name}: {number} versions" for name, number in count.items())
    return Section("registry", "ok" if champion != "none" else "idle", said, (versions,))


def endpoint(world: World) -> Section:
    """Whether callers are answered, and by whom."""
    now = endpoints.read(world.prod)
    if not now.running:
        wanted = bool(now.committed.traffic)
        return Section("endpoint", "wrong" if wanted else "idle", "it does not run: `mlops endpoint up --detach`")
    sick = [it for name, it in now.scorers.items() if name in now.committed.used and not it.ready]
    lines = tuple(
        f"{it.name}: version {it.version}, {it.phase}{f', {it.reason}' if it.reason else ''}"
        for it in now.scorers.values()
    )
    if sick or not now.settled:
        return Section("endpoint", "wrong", f"not ready: {', '.join(it.name for it in sick) or 'the gateway'}", lines)
    return Section("endpoint", "ok", f"{now.address}; traffic: {rules.said(now.committed.traffic)}", lines)


def releases(world: World) -> Section:
    """The open release, and how the latest ended."""
    latest, held = journal.latest(world.prod, LAST), holds.standing(world.prod, world.clock.now())
    lines = tuple(it.sentence for it in latest)
    if held:
        return Section("releases", "late", held.sentence, lines)
    if not latest:
        return Section("releases", "idle", "nothing was released yet")
    return Section("releases", "ok", latest[0].sentence, lines)


LOOKS: dict[str, Callable[[World], Section]] = {
    "loop": loop,
    "data": data,
    "features": feature_sets,
    "training": training,
    "registry": registry,
    "endpoint": endpoint,
    "releases": releases,
    "drift": drift,
    "alerts": open_alerts,
}


def ago(at: datetime, now: datetime) -> str:
    """How long ago, in words."""
    return f"{format_duration(timedelta(seconds=round((now - at).total_seconds())))} ago"


def first(text: str) -> str:
    return text.partition("\n")[0]
