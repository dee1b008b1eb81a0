"""A round: what is landed is told, what waits is sent, what came is done; twice changes nothing."""

from __future__ import annotations

import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.events import bus, handling, outbox, pump, server
from {{cookiecutter.package_name}}.events.bus import BusError
from {{cookiecutter.package_name}}.events.consume import Consumed
from {{cookiecutter.package_name}}.events.handling import Handlers
from {{cookiecutter.package_name}}.events.pump import Pumped
from {{cookiecutter.package_name}}.workspace import Workspace, database

from . import made


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the test, in the place of the layers'."""
    kinds = ("Mlops.DataLanded", made.registered().type)
    monkeypatch.setattr(handling, "find", lambda: Handlers(dict.fromkeys(kinds, (made.effect,)), made.EFFECTS))


def test_a_round_does_all_of_it_and_the_next_has_nothing_to_do(place: Workspace, clock: SimulatedClock) -> None:
    made.landed(place)
    made.told(place, made.registered())
    with pump.Pump(place, clock) as rounds:
        done, again = rounds.once(lambda _: None), rounds.once(lambda _: None)
    assert done == Pumped(landed=True, sent=2, consumed=Consumed(done=2))
    assert again == Pumped(landed=False, sent=0, consumed=Consumed())
    assert (done.idle, again.idle) == (False, True)
    assert len(made.effects(place)) == 2


def test_a_single_round_starts_and_ends_its_own_broker(place: Workspace, clock: SimulatedClock) -> None:
    made.told(place, made.registered())
    assert pump.once(place, clock, lambda _: None).consumed.done == 1
    assert pump.once(place, clock, lambda _: None).idle


def test_a_pump_finds_the_broker_that_came_back_elsewhere(place: Workspace, clock: SimulatedClock) -> None:
    with pump.Pump(place, clock) as rounds:
        with server.local(place, clock):
            assert rounds.once(lambda _: None).idle
        made.told(place, made.registered())
        with pytest.raises(BusError, match="does not answer"):
            rounds.once(lambda _: None)
        assert rounds.once(lambda _: None).consumed.done == 1, "it is the broker itself now"


def test_with_a_bus_that_is_away_the_events_wait(
    place: Workspace, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.landed(place)
    with monkeypatch.context() as away:
        away.setenv(bus.ENDPOINT, "http://127.0.0.1:9")
        away.setenv(bus.KEY, "k")
        with pytest.raises(BusError, match="does not answer"):
            pump.once(place, clock, lambda _: None)
    with database(place.state) as connection:
        assert outbox.waiting(connection) == 1
    assert pump.once(place, clock, lambda _: None) == Pumped(landed=False, sent=1, consumed=Consumed(done=1))
