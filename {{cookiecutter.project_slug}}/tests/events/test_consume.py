"""Each effect happens once, whatever dies when; what fails comes again; and each of these guards has its sabotage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.core.messaging import CloudEvent

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.errors import MlopsError
from {{cookiecutter.package_name}}.events import consume, inbox, listing, outbox
from {{cookiecutter.package_name}}.events.bus import Address, BusError
from {{cookiecutter.package_name}}.events.cloud import Event
from {{cookiecutter.package_name}}.events.consume import Consumed
from {{cookiecutter.package_name}}.events.handling import Handlers
from {{cookiecutter.package_name}}.workspace import Workspace, database

from . import made

HOUR = timedelta(hours=1)


class Bus:
    """A broker with its clients, and the place where events take effect."""

    def __init__(self, place: Workspace, clock: SimulatedClock, publisher: Any, consumer: Any) -> None:
        self.place, self.clock, self.publisher, self.consumer = place, clock, publisher, consumer
        self.said: list[str] = []

    def send(self, *events: Event) -> None:
        made.told(self.place, *events)
        outbox.relay(self.place.state, self.publisher, clock=self.clock)

    def consume(self, handlers: Handlers, consumer: Any = None) -> Consumed:
        where = consumer or self.consumer
        return consume.run(self.place, self.clock, where, echo=self.said.append, handlers=handlers)


@pytest.fixture
def bus(place: Workspace, clock: SimulatedClock, address: Address) -> Iterator[Bus]:
    with made.clients(address) as (publisher, consumer):
        yield Bus(place, clock, publisher, consumer)


def test_every_event_has_every_effect_once(bus: Bus) -> None:
    bus.send(*(made.registered(number) for number in range(45)))
    handlers = made.handled(made.effect, made.effect)
    assert bus.consume(handlers) == Consumed(done=45)
    assert bus.consume(handlers) == Consumed()
    assert len(made.effects(bus.place)) == 90
    assert set(made.deliveries_of(bus.place)) == {("done", 1)}
    assert bus.said[0] == "Microsoft.MachineLearningServices.ModelRegistered models/trips:0: done"


def test_what_nobody_handles_is_answered_for_and_forgotten(bus: Bus) -> None:
    bus.send(made.registered())
    assert bus.consume(Handlers()) == Consumed(unknown=1)
    assert (made.deliveries_of(bus.place), bus.said) == ([("done", 1)], [])


def test_an_effect_knows_the_time_of_the_clock(bus: Bus) -> None:
    bus.send(made.registered())
    bus.consume(made.handled(made.effect))
    with database(bus.place.state) as connection:
        assert connection.execute("SELECT handler FROM effect").fetchone()[0] == made.AT.isoformat()


def test_a_failure_takes_every_effect_back_and_the_event_comes_again(bus: Bus) -> None:
    bus.send(made.registered())
    fails = made.Fails()
    handlers = made.handled(made.effect, fails)
    assert bus.consume(handlers) == Consumed(failed=1)
    assert made.effects(bus.place) == []
    assert made.troubles(bus.place) == [(1, "the registry is away")]
    assert "the registry is away; it comes again" in bus.said[0]
    assert bus.consume(handlers) == Consumed(), "it has to wait for a while"
    fails.failing = False
    bus.clock.advance(timedelta(seconds=10))
    assert bus.consume(handlers) == Consumed(done=1)
    assert (len(made.effects(bus.place)), made.troubles(bus.place)) == (2, [])


def test_what_fails_each_time_waits_longer_each_time_and_is_dead_in_the_end(bus: Bus) -> None:
    bus.send(made.registered(1), made.registered(2))
    handlers = Handlers({made.registered().type: (only_second,)}, made.EFFECTS)
    assert bus.consume(handlers) == Consumed(done=1, failed=1)
    for wait in (10, 60, 600, *[3600] * 6):
        bus.clock.advance(timedelta(seconds=wait - 1))
        assert bus.consume(handlers) == Consumed()
        bus.clock.advance(timedelta(seconds=1))
        assert bus.consume(handlers) == Consumed(failed=1)
    bus.clock.advance(HOUR)
    assert bus.consume(handlers) == Consumed()
    assert made.effects(bus.place) == [made.registered(2).id]
    assert sorted(made.deliveries_of(bus.place)) == [("dead", 10), ("done", 1)]
    assert listing.dead(bus.place)[0].endswith("MaxDeliveryCountExceeded after 10: not the first one")


def only_second(connection: sqlite3.Connection, place: Workspace, event: Event, at: Any) -> None:
    """Fails for the first model, works for others."""
    if event.data["ModelVersion"] == "1":
        raise MlopsError("not the first one", fix="send another")
    made.effect(connection, place, event, at)


def test_an_error_of_our_code_is_not_swallowed_and_loses_nothing(bus: Bus) -> None:
    bus.send(made.registered(1), made.registered(2))
    bug = made.Fails(ZeroDivisionError("a bug"))
    second = made.registered(2)

    def handler(connection: sqlite3.Connection, place: Workspace, event: Event, at: Any) -> None:
        (bug if event.id == second.id else made.effect)(connection, place, event, at)

    with pytest.raises(ZeroDivisionError):
        bus.consume(made.handled(handler))
    assert made.deliveries_of(bus.place) == [("done", 1), ("locked", 1)]
    bug.failing = False
    bus.clock.advance(timedelta(seconds=60))
    assert bus.consume(made.handled(handler)) == Consumed(done=1)
    assert made.effects(bus.place) == [made.registered(1).id, second.id]


def test_what_is_no_event_of_ours_is_dead_at_once_and_stops_nothing(bus: Bus) -> None:
    bus.publisher.send(CloudEvent(source="/x", type=made.registered().type, id="odd", data=[1]))
    bus.send(made.registered())
    assert bus.consume(made.handled(made.effect)) == Consumed(done=1, rejected=1)
    assert "odd is no object" in bus.said[0]
    assert sorted(made.deliveries_of(bus.place)) == [("dead", 1), ("done", 1)]


def test_a_broker_that_is_gone_is_told(place: Workspace, clock: SimulatedClock) -> None:
    nobody = Address("http://127.0.0.1:9", "mlops", "dev", "k")
    with made.clients(nobody) as (_, consumer), pytest.raises(BusError, match="does not answer"):
        consume.run(place, clock, consumer, echo=print, handlers=Handlers())


class Dying:
    """A consumer whose process dies instead of answering, or right before it takes the next."""

    def __init__(self, consumer: Any) -> None:
        self.consumer = consumer

    def receive(self, **options: Any) -> Any:
        return self.consumer.receive(**options)

    def acknowledge(self, **_: Any) -> Any:
        raise KeyboardInterrupt

    release = reject = acknowledge


def dies_before_the_answer(bus: Bus) -> None:
    """The effect is committed, and the broker does not hear of it."""
    with pytest.raises(KeyboardInterrupt):
        bus.consume(made.handled(made.effect), Dying(bus.consumer))
    bus.clock.advance(timedelta(seconds=60))


def test_a_death_after_the_commit_has_no_second_effect(bus: Bus) -> None:
    bus.send(made.registered())
    dies_before_the_answer(bus)
    assert bus.consume(made.handled(made.effect)) == Consumed(before=1)
    assert len(made.effects(bus.place)) == 1


def test_sabotage_an_inbox_that_forgets_is_seen(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "once", lambda *_: True)
    bus.send(made.registered())
    dies_before_the_answer(bus)
    bus.consume(made.handled(made.effect))
    assert len(made.effects(bus.place)) == 2


def dies_before_the_commit(bus: Bus) -> None:
    death = made.Fails(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        bus.consume(made.handled(death))
    assert made.effects(bus.place) == []
    bus.clock.advance(timedelta(seconds=60))


def test_a_death_before_the_commit_loses_nothing(bus: Bus) -> None:
    bus.send(made.registered())
    dies_before_the_commit(bus)
    assert bus.consume(made.handled(made.effect)) == Consumed(done=1)
    assert len(made.effects(bus.place)) == 1


class Hasty:
    """The sabotage: answers for events as soon as it has them."""

    def __init__(self, consumer: Any) -> None:
        self.consumer = consumer

    def receive(self, **options: Any) -> Any:
        found = self.consumer.receive(**options)
        if found:
            self.consumer.acknowledge(lock_tokens=[it.broker_properties.lock_token for it in found])
        return found

    def __getattr__(self, name: str) -> Any:
        return lambda **_: None


def test_sabotage_an_answer_before_the_commit_is_seen(bus: Bus) -> None:
    bus.consumer = Hasty(bus.consumer)
    bus.send(made.registered())
    dies_before_the_commit(bus)
    assert bus.consume(made.handled(made.effect)) == Consumed()
    assert made.effects(bus.place) == [], "lost"


def test_an_event_that_comes_from_two_sides_is_done_once(bus: Bus) -> None:
    bus.send(made.registered())
    pushed = consume.deliver(bus.place, bus.clock, [made.registered()], echo=print, handlers=made.handled(made.effect))
    assert pushed == Consumed(done=1)
    assert bus.consume(made.handled(made.effect)) == Consumed(before=1)
    assert len(made.effects(bus.place)) == 1


def test_what_was_pushed_and_fails_is_counted_and_the_others_are_done(place: Workspace, clock: SimulatedClock) -> None:
    events, said = [made.registered(1), made.registered(2)], list[str]()
    handlers = Handlers({made.registered().type: (only_second,)}, made.EFFECTS)
    assert consume.deliver(place, clock, events, echo=said.append, handlers=handlers) == Consumed(done=1, failed=1)
    assert said == ["Microsoft.MachineLearningServices.ModelRegistered models/trips:1: not the first one"]
    assert made.troubles(place) == [(1, "not the first one")]


def test_counts_add_up() -> None:
    total = Consumed.of(["done", "done", "before"]) + Consumed(failed=1, unknown=2, rejected=1)
    assert total == Consumed(2, 1, 2, 1, 1)
    assert total.received == 7
    assert total.sentence.startswith("7 received: 2 done, 1 done before, 2 of no concern here, 1 failed")
