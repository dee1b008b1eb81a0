"""The outbox: an event is there exactly if the fact is."""

from __future__ import annotations

import sqlite3

import pytest

from {{cookiecutter.package_name}}.events import outbox
from {{cookiecutter.package_name}}.events.cloud import Event
from {{cookiecutter.package_name}}.events.outbox import OutsideTransactionError
from {{cookiecutter.package_name}}.events.schemas import EventError
from {{cookiecutter.package_name}}.workspace import Workspace, database, transaction

from . import made


def test_an_event_is_told_once(place: Workspace) -> None:
    assert made.told(place, made.registered(1), made.registered(1), made.registered(2)) == [True, False, True]
    with database(place.state) as connection:
        assert outbox.waiting(connection) == 2
        found = outbox.entries(connection)
    assert [entry.event for entry in found] == [made.registered(1), made.registered(2)]
    assert {(entry.sent, entry.refused) for entry in found} == {(None, None)}


def test_a_fact_that_is_taken_back_takes_its_event_along(place: Workspace) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        database(place.state, outbox.TABLES) as connection,
        transaction(connection),
    ):
        made.dies(outbox.add(connection, made.registered()))
    with database(place.state) as connection:
        assert outbox.waiting(connection) == 0


def test_outside_of_a_transaction_it_is_refused(place: Workspace) -> None:
    with database(place.state, outbox.TABLES) as connection:
        with pytest.raises(OutsideTransactionError, match=r"outbox\.add belongs into the transaction"):
            outbox.add(connection, made.registered())
        assert outbox.waiting(connection) == 0


def test_what_may_not_be_sent_does_not_get_in(place: Workspace) -> None:
    event = made.registered()
    turned = Event(event.id, event.type, event.source, "models/other:1", event.time, event.data)
    with database(place.state, outbox.TABLES) as connection:
        with pytest.raises(EventError), transaction(connection):
            outbox.add(connection, turned)
        assert outbox.waiting(connection) == 0


def test_the_latest_come_oldest_first(place: Workspace) -> None:
    made.told(place, *(made.registered(number) for number in range(5)))
    with database(place.state) as connection:
        assert [entry.number for entry in outbox.entries(connection, last=2)] == [4, 5]


def test_only_a_refused_event_can_be_tried_again(place: Workspace) -> None:
    event = made.registered()
    made.told(place, event)
    with database(place.state) as connection:
        assert refuse(connection, event) == (False, 1)
        connection.execute("UPDATE outbox SET refused = 'too long'")
        assert outbox.waiting(connection) == 0
        assert refuse(connection, event) == (True, 1)


def refuse(connection: sqlite3.Connection, event: Event) -> tuple[bool, int]:
    """Whether it could be tried again, and how many wait then."""
    with transaction(connection):
        done = outbox.retry(connection, event.id)
    return done, outbox.waiting(connection)
