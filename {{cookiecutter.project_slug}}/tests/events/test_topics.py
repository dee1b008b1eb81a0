"""What the broker keeps, for whom, and for how long."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from {{cookiecutter.package_name}}.events import deliveries, topics
from {{cookiecutter.package_name}}.events.topics import RefusedError, Subscription
from {{cookiecutter.package_name}}.workspace import Workspace, database

from . import made

ALL = Subscription("t", "all")
MODELS = Subscription("t", "models", (made.registered().type,))
WEEK = timedelta(days=7)


@pytest.fixture
def kept(place: Workspace) -> Iterator[sqlite3.Connection]:
    """A broker's database with two subscriptions."""
    with database(place.broker, topics.TABLES) as connection:
        topics.subscribe(connection, ALL)
        topics.subscribe(connection, MODELS)
        yield connection


def event(number: int, kind: str = "other") -> dict[str, Any]:
    return {"specversion": "1.0", "id": str(number), "type": kind, "source": "/x"}


def got(connection: sqlite3.Connection, wanted: Subscription, now: float = 0) -> list[str]:
    """The ids that a subscription gets."""
    return [it["event"]["id"] for it in deliveries.receive(connection, wanted, 100, now)]


def test_a_subscription_gets_the_types_that_it_wants(kept: sqlite3.Connection) -> None:
    assert topics.publish(kept, "t", [event(1), event(2, made.registered().type)], 0) == 2
    assert (got(kept, ALL), got(kept, MODELS)) == (["1", "2"], ["2"])


def test_what_was_published_before_does_not_come_to_a_new_one(kept: sqlite3.Connection) -> None:
    topics.publish(kept, "t", [event(1)], 0)
    late = Subscription("t", "late")
    topics.subscribe(kept, late)
    topics.publish(kept, "t", [event(2)], 0)
    assert got(kept, late) == ["2"]


def test_an_event_that_is_known_is_not_kept_again(kept: sqlite3.Connection) -> None:
    assert topics.publish(kept, "t", [event(1), event(1)], 0) == 1
    assert topics.publish(kept, "t", [event(1), {**event(1), "source": "/y"}], 0) == 1
    assert topics.publish(kept, "t", [event(1)], 0, known=False) == 1
    assert got(kept, ALL) == ["1", "1", "1"]


def test_a_subscription_can_be_changed_and_is_found(kept: sqlite3.Connection) -> None:
    changed = Subscription("t", "all", ("x",), 5, 3)
    topics.subscribe(kept, changed)
    assert topics.subscriptions(kept, "t") == [changed, MODELS]
    assert topics.subscription(kept, "t", "all") == changed


def test_unknown_topics_and_subscriptions_are_named(kept: sqlite3.Connection) -> None:
    with pytest.raises(RefusedError, match="no topic 'u'"):
        topics.publish(kept, "u", [event(1)], 0)
    with pytest.raises(RefusedError, match="no subscription 'nobody'") as refused:
        topics.subscription(kept, "t", "nobody")
    assert (refused.value.status, refused.value.code) == (404, "NotFound")


WRONG: dict[str, tuple[Any, str]] = {
    "no object": (5, "an event is an object"),
    "no id": ({**event(1), "id": None}, "without id"),
    "an empty source": ({**event(1), "source": ""}, "without source"),
    "another version": ({**event(1), "specversion": "0.3"}, "'0.3' is not 1.0"),
    "data twice": ({**event(1), "data": {}, "data_base64": ""}, "data and data_base64"),
}


@pytest.mark.parametrize(("wrong", "why"), WRONG.values(), ids=WRONG)
def test_of_a_batch_with_a_wrong_event_nothing_is_kept(kept: sqlite3.Connection, wrong: Any, why: str) -> None:
    with pytest.raises(RefusedError, match=why) as refused:
        topics.publish(kept, "t", [event(1), wrong], 0)
    assert refused.value.status == 400
    assert got(kept, ALL) == []


def test_after_the_retention_what_nobody_took_is_dead_and_what_all_took_is_gone(kept: sqlite3.Connection) -> None:
    topics.publish(kept, "t", [event(1), event(2)], now=0)
    done = deliveries.receive(kept, ALL, 1, 0)[0]["brokerProperties"]["lockToken"]
    deliveries.settle(kept, ALL, "acknowledge", [done], 0)
    topics.expire(kept, WEEK.total_seconds() - 1)
    assert count(kept) == 2
    topics.expire(kept, WEEK.total_seconds() + 1)
    assert [(it.event["id"], it.why) for it in deliveries.dead(kept)] == [("2", topics.EXPIRED)]
    assert (count(kept), got(kept, ALL, now=WEEK.total_seconds() + 1)) == (1, [])


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])
