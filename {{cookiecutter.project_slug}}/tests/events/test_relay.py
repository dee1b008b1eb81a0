"""The relay: everything that waits reaches the broker, whatever dies or refuses in between."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.events import bus, outbox, relay
from {{cookiecutter.package_name}}.events.bus import Address, BusError
from {{cookiecutter.package_name}}.workspace import Workspace, database, transaction

from . import made


def send(place: Workspace, address: Address, clock: SimulatedClock, batch: int = outbox.BATCH) -> int:
    with bus.publisher(address) as publisher:
        return outbox.relay(place.state, publisher, batch=batch, clock=clock)


def waiting(place: Workspace) -> int:
    with database(place.state) as connection:
        return outbox.waiting(connection)


def test_all_that_waits_is_sent_once(place: Workspace, address: Address, clock: SimulatedClock) -> None:
    made.told(place, *(made.registered(number) for number in range(7)))
    assert (send(place, address, clock, batch=3), send(place, address, clock)) == (7, 0)
    assert made.deliveries_of(place) == [("ready", 0)] * 7
    with database(place.state) as connection:
        assert {entry.sent for entry in outbox.entries(connection)} == {"2026-03-02T12:00:00Z"}


def test_a_broker_that_is_gone_costs_nothing_but_time(
    place: Workspace, address: Address, clock: SimulatedClock
) -> None:
    made.told(place, made.registered())
    nobody = replace(address, endpoint="http://127.0.0.1:9")
    with pytest.raises(BusError, match="does not answer") as lost:
        send(place, nobody, clock)
    assert lost.value.fix == bus.KEPT
    assert waiting(place) == 1
    assert send(place, address, clock) == 1


def test_a_wrong_key_is_no_fault_of_the_event(place: Workspace, address: Address, clock: SimulatedClock) -> None:
    made.told(place, made.registered())
    with pytest.raises(BusError, match="refuses with 401: Unauthorized: this is not the key") as lost:
        send(place, replace(address, key="wrong"), clock)
    assert bus.KEY in lost.value.fix
    assert waiting(place) == 1


def test_a_topic_that_is_missing_is_no_fault_of_the_event(
    place: Workspace, address: Address, clock: SimulatedClock
) -> None:
    made.told(place, made.registered())
    with pytest.raises(BusError, match="404") as lost:
        send(place, replace(address, topic="other"), clock)
    assert bus.TOPIC in lost.value.fix
    assert waiting(place) == 1


def grow(place: Workspace, number: int) -> None:
    """Make an event in the outbox longer than a broker takes, past the check."""
    with database(place.state) as connection, transaction(connection):
        body = json.loads(connection.execute("SELECT body FROM outbox WHERE number = ?", (number,)).fetchone()[0])
        body["data"]["ModelTags"] = {"long": "x" * 2**20}
        connection.execute("UPDATE outbox SET body = ? WHERE number = ?", (json.dumps(body), number))


def test_one_event_that_is_refused_keeps_no_other_back(
    place: Workspace, address: Address, clock: SimulatedClock
) -> None:
    made.told(place, *(made.registered(number) for number in range(6)))
    grow(place, 3)
    assert send(place, address, clock) == 5
    with database(place.state) as connection:
        refused = outbox.entries(connection, "refused IS NOT NULL")
        assert [(entry.number, str(entry.refused)[:16]) for entry in refused] == [(3, "PayloadTooLarge:")]
    assert (waiting(place), send(place, address, clock)) == (0, 0)


class Dying:
    """A publisher whose process dies when the broker has answered."""

    def __init__(self, publisher: Any) -> None:
        self.publisher = publisher

    def send(self, events: Any) -> None:
        self.publisher.send(events)
        raise KeyboardInterrupt


def test_a_death_between_answer_and_mark_sends_again_and_the_broker_knows_it(
    place: Workspace, address: Address, clock: SimulatedClock
) -> None:
    made.told(place, made.registered())
    with bus.publisher(address) as publisher, pytest.raises(KeyboardInterrupt):
        relay.run(place.state, Dying(publisher), 10, clock)
    assert waiting(place) == 1
    assert send(place, address, clock) == 1
    assert made.deliveries_of(place) == [("ready", 0)]


class Second:
    """A publisher during whose request another relay sends everything."""

    def __init__(self, place: Workspace, address: Address, clock: SimulatedClock) -> None:
        self.place, self.address, self.clock = place, address, clock
        self.counted = 0

    def send(self, _: Any) -> None:
        self.counted += send(self.place, self.address, self.clock)


def test_of_two_relays_each_event_counts_for_one(place: Workspace, address: Address, clock: SimulatedClock) -> None:
    made.told(place, made.registered(1), made.registered(2))
    second = Second(place, address, clock)
    assert (relay.run(place.state, second, 10, clock), second.counted) == (0, 2)
