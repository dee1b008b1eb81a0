"""Level 2's part of `mlops demo`, for events: facts told once, a broker that is killed, data that asks for a run.

It happens beside the workspace, with copies of what is there: a demo starts nothing that nobody asked for.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter

from ..data import manifest
from ..errors import MlopsError
from ..story import Chapter, Figure, Stage, Told
from ..workspace import Workspace, current, database
from . import consume, handling, outbox, rehearsal, schemas, server, watch
from .cloud import Event

TOLD = 40


def must(held: bool, problem: str) -> None:
    """A chapter that does not show what it promises fails the demo."""
    if not held:
        raise MlopsError(problem, fix="look at `mlops events list` and `mlops events dead`")


def tell_once(stage: Stage) -> Told:
    """The facts of this demo's runs: sent, sent again, pushed besides, and each has one effect."""
    with rehearsal.aside() as place:
        events = rehearsal.facts(current(stage.root), place)
        must(bool(events), "no run has told a fact")
        began = time.perf_counter()
        with server.local(place, stage.clock) as address:
            first = rehearsal.round_of(place, stage.clock, address, rehearsal.counted())
            seconds = time.perf_counter() - began
            rehearsal.unsend(place)
            again = rehearsal.round_of(place, stage.clock, address, rehearsal.counted())
        push = consume.deliver(place, stage.clock, events, echo=rehearsal.silent, handlers=rehearsal.counted())
        happened = rehearsal.effects(place)
    must(first.done == len(events) == len(happened), f"{len(events)} events had {len(happened)} effects")
    must(max(happened.values()) == 1 and again.done == push.done == 0, "an event had an effect twice")
    kinds = Counter(event.type.rpartition(".")[2] for event in events)
    figures: dict[str, Figure] = {
        "facts in the outbox": ", ".join(f"{count} {kind}" for kind, count in kinds.items()),
        "sent and done": first.done,
        "seconds": round(seconds, 2),
        "sent a second time": len(events),
        "pushed besides, and known": push.before,
        "effects in all": sum(happened.values()),
    }
    text = (
        "Runs and registrations wrote their events in the transaction of the fact. Azure's own client took them to the "
        "local broker and back. Sent again, and pushed as Azure's system topics do, they changed nothing."
    )
    return Told(text, figures)


def kill(stage: Stage) -> Told:
    """The broker is killed in the middle of a batch, and comes back."""
    with rehearsal.aside() as place:
        rehearsal.tell(place, stage.clock, TOLD)
        with rehearsal.broker(place) as (process, address):
            deadly = rehearsal.counted(rehearsal.Deadly(process, TOLD // 4))
            unheard = rehearsal.gone(lambda: rehearsal.round_of(place, stage.clock, address, deadly))
            before = len(rehearsal.effects(place))
            rehearsal.tell(place, stage.clock, 2 * TOLD)
            refused = rehearsal.gone(lambda: rehearsal.round_of(place, stage.clock, address, deadly))
        began = time.perf_counter()
        with rehearsal.broker(place) as (_, address):
            done = rehearsal.drained(place, stage.clock, address)
        seconds = time.perf_counter() - began
        happened = rehearsal.effects(place)
    must(unheard and refused, "a broker that was killed still answers")
    must(len(happened) == 2 * TOLD, f"{2 * TOLD - len(happened)} events were lost")
    must(max(happened.values()) == 1 and done.before == before > 0, "an event had an effect twice, or none came again")
    figures: dict[str, Figure] = {
        "events": 2 * TOLD,
        "done when the broker died, and not answered for": before,
        "told while it was dead": TOLD,
        "came again, and were known": done.before,
        "effects in all": sum(happened.values()),
        "seconds from its restart until all was done": round(seconds, 1),
    }
    text = (
        "The broker's process was killed in the middle of a batch: effects were committed, the answer never came. What "
        "was told meanwhile waited in the outbox. After the restart all came, and nothing was done twice."
    )
    return Told(text, figures)


def ask(stage: Stage) -> Told:
    """New data lands, and asks once for what schedules.toml has it start, however often it is told."""
    from ..training import requests, schedules

    with rehearsal.aside() as place:
        land(stage, place)
        must(watch.run(place, stage.clock), "new data was not told")
        event = latest(place)
        handlers = handling.find()
        with server.local(place, stage.clock) as address:
            done = rehearsal.round_of(place, stage.clock, address, handlers)
            watched = watch.run(place, stage.clock)
            rehearsal.unsend(place)
            rehearsal.round_of(place, stage.clock, address, handlers)
        push = consume.deliver(place, stage.clock, [event], echo=rehearsal.silent, handlers=handlers)
        with database(place.state, requests.TABLES) as connection:
            asked = requests.latest(connection, 10)
    must(done.done == 1 and push.before == 1 and not watched, "the event was not done once")
    wanted = schedules.load(stage.root).started_by(schemas.DATA_LANDED)
    must(len(asked) == len(wanted), f"one state of the data asked for {len(asked)} runs and not {len(wanted)}")
    figures: dict[str, Figure] = {
        "event": f"{event.type} {event.subject[:21]}",
        "rows": event.data["rows"],
        "looked at, sent and pushed again": 3,
        "runs asked for": len(asked),
        "pipelines": ", ".join(it.pipeline for it in asked) or "schedules.toml names none for this event",
    }
    text = (
        "The data pipeline knows nothing of events: its manifest names the state that it landed, and that was seen and "
        "told. The training layer's handler asked for a run, in the transaction of the inbox: once, though told thrice."
    )
    return Told(text, figures)


def land(stage: Stage, place: Workspace) -> None:
    """A repo beside the real one, with its schedules and the state of the data that this demo has landed."""
    if (stage.root / "schedules.toml").is_file():
        shutil.copyfile(stage.root / "schedules.toml", place.root / "schedules.toml")
    found = manifest.load(current(stage.root).landed)
    must(bool(found.files), "nothing is landed")
    manifest.commit(place.landed, found, found)


def latest(place: Workspace) -> Event:
    """The event that was told last."""
    with database(place.state, outbox.TABLES) as connection:
        return outbox.entries(connection, last=1)[0].event


CHAPTERS = [
    Chapter("Facts that are told once", tell_once),
    Chapter("A broker that is killed", kill),
    Chapter("New data asks for a run", ask),
]
