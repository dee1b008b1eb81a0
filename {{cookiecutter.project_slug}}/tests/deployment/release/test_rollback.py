"""The way back without an endpoint: what is committed then is what it comes up with."""

from __future__ import annotations

import pytest

from {{cookiecutter.package_name}}.deployment.release import (
    champions,
    journal,
    machine,
    order,
    person,
    rollback,
)
from {{cookiecutter.package_name}}.deployment.release.journal import ReleaseError
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import install, state

from . import fleet


def in_production(world: World, version: str) -> str:
    """Bring a version of dev as far as the registry of prod; gives its digest."""
    release = machine.start(world, version)
    with pytest.raises(ReleaseError, match="does not run"):
        machine.advance(world, release)
    person.abort(world, "far enough")
    return release.sha256


def serving(world: World, slot: str, version: str, digest: str) -> None:
    """Give it all traffic, and the crown."""
    install.version(world.prod, slot, version, world.clock, "tester", "a test")
    world.endpoint.change(state.route({slot: 100}), at=fleet.AT, by="tester", reason="a test")
    champions.crown(world, digest, "tester", "a test", "release")


def test_the_version_before_gets_all_traffic_and_the_word_follows(world: World) -> None:
    first, second = in_production(world, "1"), in_production(world, "2")
    serving(world, "blue", "1", first)
    serving(world, "green", "2", second)
    assert (champions.number(world), champions.crowned(world, second)) == ("2", True)
    gone = rollback.run(world, "a test")
    assert gone.sentence == "version 1 serves again, in the place of 2: blue has all traffic"
    assert dict(world.endpoint.current().traffic) == {"blue": 100}
    assert (champions.number(world), champions.crowned(world, first)) == ("1", True)
    champion = world.registry(world.dev).champion()
    assert champion is not None
    assert champion.sha256 == first
    assert [it.action for it in world.registry(world.prod).history()][-1] == "rollback"


def test_a_version_that_is_no_longer_deployed_is_deployed_again(world: World) -> None:
    first, second = in_production(world, "1"), in_production(world, "2")
    serving(world, "blue", "1", first)
    serving(world, "green", "2", second)
    world.endpoint.change(state.remove("blue"), at=fleet.AT, by="tester", reason="a test")
    rollback.run(world)
    have = world.endpoint.current()
    assert have.deployments[next(iter(have.traffic))].digest == first


def test_a_release_that_lacks_its_last_row_alone_is_ended_before_it_is_taken_back(world: World) -> None:
    """Killed between the crown and the row: it is the champion, and so is what comes before it."""
    first, second = in_production(world, "1"), in_production(world, "2")
    serving(world, "blue", "1", first)
    release = machine.start(world, "2")
    journal.move(world.prod, release, "next", "", {}, fleet.AT, step=order.LAST, slot="green", incumbent="blue")
    serving(world, "green", "2", second)
    gone = rollback.run(world)
    assert (gone.version, gone.was) == ("1", "2")
    assert [(it.version, it.status) for it in journal.latest(world.prod, 1)] == [("2", "done")]


def test_an_open_release_ends_first_and_the_champion_stays(world: World) -> None:
    first = in_production(world, "1")
    serving(world, "blue", "1", first)
    machine.start(world, "2")
    gone = rollback.run(world, "enough")
    assert (gone.version, "aborted by tester: enough" in gone.how) == ("1", True)
    assert dict(world.endpoint.current().traffic) == {"blue": 100}


def test_where_nothing_stood_before_nothing_changes(world: World) -> None:
    first = in_production(world, "1")
    serving(world, "blue", "1", first)
    before = world.endpoint.current()
    with pytest.raises(ReleaseError, match="no version stood before"):
        rollback.run(world)
    assert world.endpoint.current() == before
