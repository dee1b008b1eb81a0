"""The machine: what it refuses, what ends a release, what it leaves to the next call, and one process at a time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.deployment import handlers
from {{cookiecutter.package_name}}.deployment.release import holds, journal, machine, person, wanted
from {{cookiecutter.package_name}}.deployment.release.holds import HeldError
from {{cookiecutter.package_name}}.deployment.release.journal import OPEN, REFUSED, ReleaseError
from {{cookiecutter.package_name}}.deployment.release.machine import BusyError
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.errors import ModelError, ProjectError
from {{cookiecutter.package_name}}.events import schemas

from . import fleet

DOWN = "the endpoint of prod does not run"


def steps(world: World) -> list[tuple[str, str]]:
    return [(it.step, it.outcome) for it in journal.history(world.prod, journal.latest(world.prod, 1)[0].id)]


def model_of(repo: Path, version: str) -> Path:
    """The registered file of a version of dev."""
    world = fleet.world_of(repo)
    wanted_one = world.registry(world.dev).get(version)
    (found,) = (
        path
        for path in world.dev.artifacts.rglob("handoff/model.skops")
        if path.parent.parent.as_uri() == wanted_one.source.rpartition("/")[0]
    )
    return found


def test_a_release_that_needs_the_endpoint_waits_for_it_where_it_was(world: World) -> None:
    release = machine.start(world, "1")
    with pytest.raises(ReleaseError, match=DOWN):
        machine.advance(world, release)
    assert steps(world) == [("test", "next"), ("share", "next"), ("promote", "next")]
    assert journal.get(world.prod, release.id).step == "deploy"
    with pytest.raises(ReleaseError, match=DOWN):
        machine.turn(world)
    assert len(steps(world)) == 3, "what was done is not done again"


def test_an_altered_model_is_refused_and_nobody_meets_it(repo: Path, world: World) -> None:
    path = model_of(repo, "2")
    path.write_bytes(path.read_bytes() + b" ")
    ended = machine.advance(world, machine.start(world, "2"))
    assert ended.status == REFUSED
    assert "model.skops is not the file that was handed off" in ended.said
    assert world.endpoint.current().deployments == {}
    assert world.registry(world.shared).versions() == []


def test_a_model_that_fails_its_tests_is_refused(repo: Path, world: World) -> None:
    limits = repo / "modeltests.toml"
    limits.write_text(limits.read_text().replace("p95 = 400.0", "p95 = 0.0001"))
    ended = machine.advance(world, machine.start(world, "1"))
    assert ended.status == REFUSED
    assert "latency FAILED" in ended.said


def test_a_version_that_did_not_pass_the_gate_is_not_begun(world: World) -> None:
    registry = world.registry(world.dev)
    registry.client.set_model_version_tag(registry.name, "2", "gate", "refused")
    with pytest.raises(ModelError, match="version 2 has not passed the gate"):
        machine.start(world, "2")
    assert journal.current(world.prod) is None


def test_a_second_release_waits_for_the_first(world: World) -> None:
    machine.start(world, "1")
    with pytest.raises(ReleaseError, match="one release goes at a time"):
        machine.start(world, "2")


def test_held_releases_neither_begin_nor_go_forward(world: World) -> None:
    release = machine.start(world, "1")
    holds.hold(world.prod, "Zoe", "the holidays", fleet.AT)
    held = machine.advance(world, release)
    assert (held.status, held.step) == (OPEN, "test")
    assert "held by Zoe" in held.said
    person.abort(world, "no more of it")
    with pytest.raises(HeldError, match="the holidays"):
        machine.start(world, "2")
    with workspace.database(world.dev.state, wanted.TABLES) as connection:
        wanted.add(connection, "one", "2", "an event", fleet.AT)
    assert machine.turn(world) is None
    holds.resume(world.prod, "Zoe", "they are over", fleet.AT)
    with pytest.raises(ReleaseError, match=DOWN):
        machine.turn(world)
    assert [it.id for it in journal.latest(world.prod, 1)] == ["one"], "what was asked for meanwhile was kept"


def test_a_hold_is_a_word_that_stays(world: World) -> None:
    with pytest.raises(HeldError, match="not held"):
        holds.resume(world.prod, "Ann", "", fleet.AT)
    holds.hold(world.prod, "Zoe", "the holidays", fleet.AT)
    with pytest.raises(HeldError, match="by Zoe"):
        holds.hold(world.prod, "Ann", "me too", fleet.AT)
    with closing(sqlite3.connect(journal.path(world.prod))) as connection:
        for change in ("UPDATE hold SET held = 0", "DELETE FROM hold"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(change)
    assert [it.by for it in holds.verify(world.prod)] == ["Zoe"]


def test_a_hold_with_an_end_is_over_then(world: World) -> None:
    with pytest.raises(HeldError, match="is over"):
        holds.hold(world.prod, "Zoe", "lunch", fleet.AT, until=fleet.AT)
    end = fleet.AT + timedelta(hours=1)
    holds.hold(world.prod, "Zoe", "lunch", fleet.AT, until=end)
    assert holds.standing(world.prod, end - timedelta(seconds=1)) is not None
    assert holds.standing(world.prod, end) is None
    holds.hold(world.prod, "Ann", "dinner", end)
    assert [it.by for it in holds.verify(world.prod)] == ["Zoe", "Ann"]


def test_a_hold_that_was_altered_in_its_database_is_seen(world: World) -> None:
    holds.hold(world.prod, "Zoe", "the holidays", fleet.AT)
    holds.resume(world.prod, "Zoe", "they are over", fleet.AT)
    with closing(sqlite3.connect(journal.path(world.prod))) as connection, connection:
        connection.execute("DROP TRIGGER hold_no_update")
        connection.execute("UPDATE hold SET by = 'Ann' WHERE number = 1")
    with pytest.raises(HeldError, match="word 1 on holds is not as it was written"):
        holds.verify(world.prod)


def test_whoever_starts_a_release_can_have_it_ask(world: World) -> None:
    release = machine.start(world, "1", asks=True)
    assert (release.rules.approval, world.plan.approval) == (True, False)


def test_where_it_asks_it_waits_for_a_yes_by_name(world: World) -> None:
    release = journal.move(world.prod, machine.start(world, "1", asks=True), "next", "", {}, fleet.AT, step="approve")
    assert machine.take(world, release).said == "a person must say `mlops rollout approve`"
    asked = person.approve(world)
    assert (machine.take(world, asked).outcome, machine.take(world, asked).said) == ("next", "approved by tester")
    assert person.approve(world) == asked, "a second yes changes nothing"


def test_nobody_says_yes_under_a_hold(world: World) -> None:
    release = journal.move(world.prod, machine.start(world, "1", asks=True), "next", "", {}, fleet.AT, step="approve")
    holds.hold(world.prod, "Zoe", "the holidays", fleet.AT)
    with pytest.raises(HeldError, match="the holidays"):
        person.approve(world)
    assert journal.get(world.prod, release.id).approved == ""
    holds.resume(world.prod, "Zoe", "", fleet.AT)
    assert person.approve(world, {"gain": 0.5}).approved == "tester"
    assert journal.history(world.prod, release.id)[-1].figures == {"gain": 0.5}


def test_where_nobody_asks_it_goes_on(world: World) -> None:
    release = journal.move(world.prod, machine.start(world, "1"), "next", "", {}, fleet.AT, step="approve")
    assert machine.take(world, release).outcome == "next"


def test_a_first_version_has_nobody_to_be_compared_with(world: World) -> None:
    release = machine.start(world, "1")
    for stage in release.rules.stages:
        for step in (f"to {stage.name}", stage.name):
            moved = machine.take(world, replace(release, step=step))
            assert (moved.outcome, moved.said) == ("next", "there is no other model to compare with")


def test_one_process_at_a_time_moves_a_release_on(world: World) -> None:
    release = machine.start(world, "1")
    with machine.alone(world), pytest.raises(BusyError, match="another process is at work"):
        machine.advance(world, release)
    assert steps(world) == []


def test_who_follows_what_another_process_moves_on_sees_its_end(world: World) -> None:
    release = machine.start(world, "1")
    with machine.alone(world):
        ended = machine.follow(world, release, lambda: person.abort(world, "enough"))
    assert (ended.status, ended.said) == (journal.BACK, "aborted by tester: enough")


def test_an_abort_needs_neither_the_endpoint_nor_the_other_process(world: World) -> None:
    machine.start(world, "1")
    with machine.alone(world):
        assert person.abort(world, "enough").status == journal.BACK
    with pytest.raises(ReleaseError, match="no release is open"):
        person.abort(world, "again")


def test_nobody_says_yes_before_he_is_asked(world: World) -> None:
    machine.start(world, "1")
    with pytest.raises(ReleaseError, match="nobody asks for approval now"):
        person.approve(world)


def asked(world: World, name: str, version: str) -> None:
    """A release is asked for, as the handler of an event does."""
    with workspace.database(world.dev.state, handlers.TABLES) as connection, workspace.transaction(connection):
        wanted.add(connection, name, version, f"event {name}", fleet.AT)


def test_registrations_ask_for_releases_once_each(world: World) -> None:
    for name in ("e1", "e1", "e2"):
        asked(world, name, "1" if name == "e1" else "2")
    assert [(it.id, it.version) for it in wanted.waiting(world.dev)] == [("e1", "1"), ("e2", "2")]
    found = machine.next_one(world)
    assert found is not None
    assert (found.id, found.cause) == ("e1", "event e1")
    assert [it.id for it in wanted.waiting(world.dev)] == ["e2"], "the second waits until the first has ended"
    assert machine.next_one(world) == found
    person.abort(world, "a test")
    following = machine.next_one(world)
    assert following is not None
    assert following.id == "e2"


def test_a_request_that_cannot_be_met_is_told_and_does_not_block(repo: Path) -> None:
    said: list[str] = []
    world = fleet.world_of(repo, said)
    asked(world, "e1", "99")
    asked(world, "e2", "2")
    found = machine.next_one(world)
    assert found is not None
    assert found.version == "2"
    assert any("version 99 is not released" in it for it in said)


def test_a_mistake_in_the_plan_loses_no_request(repo: Path) -> None:
    world = fleet.world_of(repo, [])
    asked(world, "e1", "2")
    plan = repo / "release.toml"
    right = plan.read_text(encoding="utf-8")
    plan.write_text(right.replace("pairs = 20", "percent = 100", 1), encoding="utf-8")
    with pytest.raises(ProjectError, match=r"shadow\.percent is 100"):
        machine.next_one(world)
    assert [it.id for it in wanted.waiting(world.dev)] == ["e1"]
    plan.write_text(right, encoding="utf-8")
    found = machine.next_one(world)
    assert found is not None
    assert found.version == "2"


def test_only_registrations_where_models_are_trained_ask(world: World) -> None:
    assert handlers.HANDLERS.keys() == {schemas.MODEL_REGISTERED}
    from {{cookiecutter.package_name}}.events import cloud

    for place in (world.dev, world.shared):
        event = cloud.model_registered(
            cloud.source(place.name), name="m", version="7", tags={}, properties={}, at=fleet.AT
        )
        with workspace.database(place.state, handlers.TABLES) as connection, workspace.transaction(connection):
            handlers.registered(connection, place, event, fleet.AT)
    with closing(sqlite3.connect(world.shared.state)) as connection:
        assert connection.execute("SELECT count(*) FROM wanted_release").fetchone() == (0,)
    assert [it.version for it in wanted.waiting(world.dev)] == ["7"]


def test_the_open_release_is_the_next_one(world: World) -> None:
    release = machine.start(world, "1")
    asked(world, "e1", "2")
    assert machine.next_one(world) == release
    assert journal.latest(world.prod)[0].status == OPEN
