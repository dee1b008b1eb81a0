"""The inbox: who has done an event does it no second time."""

from __future__ import annotations

import pytest

from {{cookiecutter.package_name}}.events import inbox
from {{cookiecutter.package_name}}.events.outbox import OutsideTransactionError
from {{cookiecutter.package_name}}.workspace import Workspace, database, transaction

from . import made


def test_each_consumer_does_an_event_once(place: Workspace) -> None:
    with database(place.state, inbox.TABLES) as connection, transaction(connection):
        asked = [("a", 1), ("a", 1), ("b", 1), ("a", 2)]
        assert [inbox.once(connection, made.registered(number), who) for who, number in asked] == [
            True,
            False,
            True,
            True,
        ]


def test_what_was_not_committed_was_not_done(place: Workspace) -> None:
    with database(place.state, inbox.TABLES) as connection:
        with pytest.raises(KeyboardInterrupt), transaction(connection):
            made.dies(inbox.once(connection, made.registered(), "a"))
        with transaction(connection):
            assert inbox.once(connection, made.registered(), "a")


def test_outside_of_a_transaction_it_is_refused(place: Workspace) -> None:
    with (
        database(place.state, inbox.TABLES) as connection,
        pytest.raises(OutsideTransactionError, match=r"inbox\.once"),
    ):
        inbox.once(connection, made.registered(), "a")
