"""How events are handed out: to one at a time, again where nobody answers, and not for ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from {{cookiecutter.package_name}}.events import deliveries, topics
from {{cookiecutter.package_name}}.events.topics import RefusedError, Subscription
from {{cookiecutter.package_name}}.workspace import Workspace, database

SUB = Subscription("t", "s", lock_seconds=60, most=3)


@pytest.fixture
def kept(place: Workspace) -> Iterator[sqlite3.Connection]:
    """A broker's database with three events for one subscription, published at the time 0."""
    with database(place.broker, topics.TABLES) as connection:
        topics.subscribe(connection, SUB)
        events = [{"specversion": "1.0", "id": name, "type": "k", "source": "/x", "data": 1} for name in "abc"]
        topics.publish(connection, "t", events, 0)
        yield connection


def take(connection: sqlite3.Connection, now: float, most: int = 100) -> dict[str, tuple[str, int]]:
    """id -> (token, how often delivered)."""
    found = deliveries.receive(connection, SUB, most, now)
    told = {it["event"]["id"]: it["brokerProperties"] for it in found}
    return {name: (it["lockToken"], it["deliveryCount"]) for name, it in told.items()}


def settle(connection: sqlite3.Connection, how: str, token: str, now: float, delay: int = 0) -> dict[str, Any]:
    return deliveries.settle(connection, SUB, how, [token], now, delay)


def test_the_oldest_come_first_and_nobody_else_gets_them(kept: sqlite3.Connection) -> None:
    assert list(take(kept, 0, most=2)) == ["a", "b"]
    assert list(take(kept, 0)) == ["c"]
    assert take(kept, 59) == {}


def test_without_an_answer_they_come_again_and_are_counted(kept: sqlite3.Connection) -> None:
    first, second = take(kept, 0), take(kept, 60)
    assert [count for _, count in second.values()] == [2, 2, 2]
    late = settle(kept, "acknowledge", first["a"][0], 61)
    assert late["succeededLockTokens"] == []
    assert late["failedLockTokens"][0]["error"]["code"] == "TokenLost"
    assert settle(kept, "acknowledge", second["a"][0], 61)["succeededLockTokens"] == [second["a"][0]]


def test_what_is_acknowledged_does_not_come_again(kept: sqlite3.Connection) -> None:
    token = take(kept, 0, most=1)["a"][0]
    assert settle(kept, "acknowledge", token, 1)["failedLockTokens"] == []
    assert settle(kept, "acknowledge", token, 1)["succeededLockTokens"] == []
    assert list(take(kept, 100)) == ["b", "c"]


def test_an_answer_after_the_lock_is_too_late(kept: sqlite3.Connection) -> None:
    token = take(kept, 0, most=1)["a"][0]
    assert settle(kept, "acknowledge", token, 60)["succeededLockTokens"] == []


@pytest.mark.parametrize(("delay", "before"), [(0, 0), (10, 9), (60, 59)])
def test_what_is_released_comes_again_after_the_delay(kept: sqlite3.Connection, delay: int, before: int) -> None:
    token = take(kept, 0, most=1)["a"][0]
    settle(kept, "release", token, 0, delay)
    if delay:
        assert "a" not in take(kept, before)
    assert take(kept, delay)["a"][1] == 2


def test_a_lock_can_be_made_longer(kept: sqlite3.Connection) -> None:
    token = take(kept, 0, most=1)["a"][0]
    settle(kept, "renewLock", token, 50)
    assert "a" not in take(kept, 109)
    assert "a" in take(kept, 110)


def test_what_is_rejected_or_was_delivered_too_often_is_dead(kept: sqlite3.Connection) -> None:
    settle(kept, "reject", take(kept, 0, most=1)["a"][0], 0)
    for now in (0, 60, 120):
        assert "b" in take(kept, now)
    assert take(kept, 180) == {}
    found = [(it.event["id"], it.why, it.count) for it in deliveries.dead(kept)]
    assert found == [("a", "Rejected", 1), ("b", "MaxDeliveryCountExceeded", 3), ("c", "MaxDeliveryCountExceeded", 3)]
    assert deliveries.open_ones(kept) == 0


def test_a_dead_letter_comes_again_as_new_or_is_given_up(kept: sqlite3.Connection) -> None:
    for name, token in {name: token for name, (token, _) in take(kept, 0).items()}.items():
        settle(kept, "reject" if name != "c" else "acknowledge", token, 0)
    a, b = deliveries.dead(kept)
    deliveries.redeliver(kept, a, 1)
    deliveries.drop(kept, b)
    assert deliveries.dead(kept) == []
    assert {name: count for name, (_, count) in take(kept, 1).items()} == {"a": 1}


def test_a_delay_that_event_grid_does_not_know_is_refused(kept: sqlite3.Connection) -> None:
    with pytest.raises(RefusedError, match="a delay of 7 seconds"):
        settle(kept, "release", "x", 0, 7)
