"""A person sees what became of each event, and can send dead letters once more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.events import bus, consume, listing, outbox
from {{cookiecutter.package_name}}.events.bus import Address, BusError
from {{cookiecutter.package_name}}.workspace import Workspace, database

from . import made


def consumed(place: Workspace, clock: SimulatedClock, address: Address, fails: made.Fails) -> None:
    with made.clients(address) as (publisher, consumer):
        outbox.relay(place.state, publisher, clock=clock)
        consume.run(place, clock, consumer, echo=lambda _: None, handlers=made.handled(fails))


def test_each_event_is_listed_with_what_became_of_it(place: Workspace, clock: SimulatedClock, address: Address) -> None:
    assert listing.lines(place, 5) == []
    fails = made.Fails()
    made.told(place, made.registered(1))
    consumed(place, clock, address, fails)
    fails.failing = False
    made.told(place, made.registered(2))
    consumed(place, clock, address, fails)
    made.told(place, made.registered(3), made.registered(4), made.registered(5))
    with database(place.state) as connection:
        connection.execute("UPDATE outbox SET sent = 'today' WHERE number = 3")
        connection.execute("UPDATE outbox SET refused = 'PayloadTooLarge' WHERE number = 4")
    said = [line.partition(": ")[2] for line in listing.lines(place, 5)]
    assert said == [
        "failed 1 times: the registry is away",
        "sent and done",
        "sent today",
        "refused by the broker: PayloadTooLarge",
        "waits to be sent",
    ]
    first = listing.lines(place, 5)[0]
    assert first.startswith(f"{made.registered(1).id[:8]}  2026-03-02T12:00:00Z  ModelRegistered   models/trips:1")


def dead_ones(place: Workspace, clock: SimulatedClock, address: Address, fails: made.Fails) -> list[str]:
    """Let two events die of their handler; gives their ids."""
    events = [made.registered(1), made.registered(2)]
    made.told(place, *events)
    for _ in range(11):
        consumed(place, clock, address, fails)
        clock.advance(timedelta(hours=1))
    return [event.id for event in events]


def test_dead_letters_are_listed_with_their_reason_and_can_come_again(
    place: Workspace, clock: SimulatedClock, address: Address
) -> None:
    assert listing.dead(place) == []
    assert listing.redeliver(place, clock, ()) == ["no dead letters"]
    fails = made.Fails()
    first, second = dead_ones(place, clock, address, fails)
    reason = "MaxDeliveryCountExceeded after 10: the registry is away"
    assert listing.dead(place) == [
        f"{first[:8]}  dev  ModelRegistered models/trips:1  {reason}",
        f"{second[:8]}  dev  ModelRegistered models/trips:2  {reason}",
    ]
    fails.failing = False
    assert listing.redeliver(place, clock, (first[:8],)) == [f"{first[:8]} {made.registered().type} comes again"]
    consumed(place, clock, address, fails)
    assert made.effects(place) == [first]
    assert listing.drop(place, (second,)) == [f"{second[:8]} {made.registered().type} is given up"]
    assert listing.dead(place) == []


def test_an_id_that_no_dead_letter_has_is_named(place: Workspace, clock: SimulatedClock, address: Address) -> None:
    dead_ones(place, clock, address, made.Fails())
    with pytest.raises(BusError, match="begins with 'zz'"):
        listing.redeliver(place, clock, ("zz",))
    assert len(listing.redeliver(place, clock, ())) == 2


def test_those_of_another_broker_are_not_here(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bus.ENDPOINT, "https://bus.example")
    with pytest.raises(BusError, match="are not kept here"):
        listing.dead(place)
