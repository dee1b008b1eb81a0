"""A signal starts one retraining at most, whatever comes how often; what came of it is told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from deployment.release.fleet import AT

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.deployment.release import journal as releases
from {{cookiecutter.package_name}}.deployment.release import machine
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.events import cloud, outbox, pump
from {{cookiecutter.package_name}}.events.schemas import EventError
from {{cookiecutter.package_name}}.operations.alerts import journal as alerts
from {{cookiecutter.package_name}}.operations.retraining import asked, event, outcome
from {{cookiecutter.package_name}}.operations.retraining.event import DRIFT_DETECTED, Told
from {{cookiecutter.package_name}}.training import requests
from {{cookiecutter.package_name}}.training.requests import Request

CHAMPION = "c" * 64


def told(number: int = 1, kind: str = event.DRIFT, champion: str = CHAMPION) -> Told:
    """A signal as the monitor sends it."""
    until = (AT + timedelta(days=number)).isoformat()
    data = {"kind": kind, "champion": champion, "until": until, "columns": ["km"], "said": "DRIFT in km"}
    return Told(f"signal-{number}", DRIFT_DETECTED, cloud.source("dev"), f"models/{champion}", cloud.written(AT), data)


def comes(world: World, number: int, days: float = 0.0) -> asked.Signal:
    """A signal is taken, as its event's handler does it."""
    with workspace.database(world.dev.state, asked.TABLES) as connection, workspace.transaction(connection):
        asked.detected(connection, world.dev, told(number), AT + timedelta(days=days))
        return asked.one(connection, f"signal-{number}")


def waiting(world: World) -> list[Request]:
    with workspace.database(world.dev.state, requests.TABLES) as connection:
        return requests.pending(connection)


def ended(world: World, status: str, reason: str = "", run: str = "") -> None:
    """What waits has ended so."""
    with workspace.database(world.dev.state, requests.TABLES) as connection:
        sql = "UPDATE request SET status = ?, reason = ?, run = ? WHERE status = 'waiting'"
        connection.execute(sql, (status, reason, run))


def test_a_signal_goes_through_the_broker_and_asks_once(world: World) -> None:
    """The same signal announced again, and its event sent again, change nothing."""
    assert event.announce(world.dev, told())
    assert not event.announce(world.dev, told())
    pump.once(world.dev, world.clock, world.echo)
    with workspace.database(world.dev.state, outbox.TABLES) as connection:
        connection.execute("UPDATE outbox SET sent = NULL")
    pump.once(world.dev, world.clock, world.echo)
    (request,) = waiting(world)
    assert (request.pipeline, request.cause) == ("training", "drift (signal-1): DRIFT in km")
    assert [it.action for it in asked.history(world.dev)] == [asked.RETRAIN]


def test_a_signal_that_is_taken_again_in_spite_of_the_inbox_asks_no_second_time(world: World) -> None:
    for _ in range(3):
        comes(world, 1)
    ended(world, "done")
    assert comes(world, 1, days=20).at == AT.isoformat(), "it is the row of the first time"
    assert waiting(world) == []


def test_a_storm_asks_once(world: World) -> None:
    found = [comes(world, number) for number in range(20)]
    assert [it.action for it in found] == [asked.RETRAIN] + [asked.WAIT] * 19
    assert "is asked for already" in found[-1].why
    assert len(waiting(world)) == 1


def test_in_the_cooldown_nothing_is_asked_for_and_after_it_something_is(world: World) -> None:
    comes(world, 1)
    ended(world, "done")
    cool = comes(world, 2, days=1)
    assert (cool.action, "cooldown until" in cool.why) == (asked.WAIT, True)
    assert comes(world, 3, days=2.1).action == asked.RETRAIN


def test_a_budget_that_is_spent_alerts_a_person_once_until_it_is_there_again(world: World) -> None:
    for number in range(4):
        assert comes(world, number, days=3 * number).action == asked.RETRAIN
        ended(world, "done")
    assert comes(world, 5, days=13).action == "tell a person"
    for _ in range(2):
        outcome.spent(world)
    (it,) = alerts.standing(world.prod)
    assert (it.kind, it.seen) == ("budget-exhausted", 2)
    assert comes(world, 6, days=31).action == asked.RETRAIN
    outcome.spent(world)
    assert alerts.standing(world.prod) == []


def test_while_a_version_is_released_nothing_is_asked_for(world: World) -> None:
    machine.start(world, "2")
    found = comes(world, 1)
    assert (found.action, found.why) == (asked.WAIT, "version 2 is being released")


def test_a_person_may_ask_at_any_time(world: World) -> None:
    comes(world, 1)
    ended(world, "done")
    assert asked.by_hand(world.dev, "Zoe", AT + timedelta(hours=1)).action == asked.RETRAIN
    assert "asked for by Zoe" in waiting(world)[0].cause


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("the gate refuses this model:\n  baseline: worse", "retraining-did-not-help"),
        ("the disk is full", "retraining-failed"),
    ],
)
def test_what_did_not_help_is_told_to_a_person_once(world: World, reason: str, kind: str) -> None:
    comes(world, 1)
    assert outcome.settle(world) == "", "it goes on"
    ended(world, "failed", reason)
    assert reason.partition("\n")[0] in outcome.settle(world)
    assert outcome.settle(world) == ""
    (it,) = alerts.standing(world.prod)
    assert (it.kind, it.seen) == (kind, 1)


def test_a_retraining_is_settled_by_the_release_of_its_version_and_clears_what_was_told(world: World) -> None:
    alerts.note(world.prod, "retraining-did-not-help", CHAMPION[:12], "before", AT)
    comes(world, 1)
    with workspace.database(world.dev.state, asked.TABLES) as connection:
        run = connection.execute("SELECT id FROM runs WHERE version = '2'").fetchone()["id"]
    ended(world, "done", run=run)
    assert outcome.settle(world) == "", "nobody has met it yet"
    release = machine.start(world, "2")
    assert outcome.settle(world) == ""
    releases.move(world.prod, release, "next", "it is the champion", {}, AT, status="done")
    assert outcome.settle(world).startswith("helped: version 2, done")
    assert alerts.standing(world.prod) == []


def test_what_is_no_signal_is_not_sent(world: World) -> None:
    for wrong in (replace(told(), data={"kind": "drift"}), replace(told(), subject="models/other")):
        with pytest.raises(EventError):
            event.announce(world.dev, wrong)


def test_only_where_models_are_trained_is_anything_asked_for(world: World) -> None:
    with workspace.database(world.prod.state, asked.TABLES) as connection, workspace.transaction(connection):
        asked.detected(connection, world.prod, told(), AT)
        assert asked.read(connection) == []
