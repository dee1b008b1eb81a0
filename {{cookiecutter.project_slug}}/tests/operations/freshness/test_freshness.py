"""How old features are, told once when they grew too old and once when they are fresh again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli, workspace
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.events import outbox
from {{cookiecutter.package_name}}.events.schemas import EventError
from {{cookiecutter.package_name}}.features import extended
from {{cookiecutter.package_name}}.operations.freshness import episodes, event, health
from {{cookiecutter.package_name}}.operations.freshness.limits import Limits
from {{cookiecutter.package_name}}.operations.loop import jobs


def states(world: World) -> list[str]:
    return [it.state for it in health.of(world)]


def told(world: World) -> list[str]:
    """The types of what waits to be sent about features."""
    with workspace.database(world.dev.state, outbox.TABLES) as connection:
        found = outbox.entries(connection, "type IN ('Mlops.FeaturesStale', 'Mlops.FeaturesFresh')")
    return [it.event.type for it in found]


def later(world: World, by: timedelta) -> None:
    world.clock.advance(by)  # type: ignore[attr-defined]


def test_a_set_is_never_there_then_fresh_late_and_stale(world: World) -> None:
    assert states(world) == ["never"], "training has computed it, and servers find nothing"
    jobs.features(world)
    (it,) = health.of(world, Limits(late=1.0))
    assert it.state == "fresh"
    assert it.served is not None
    later(world, it.ttl * 0.99 - it.served)
    assert states(world) == ["late"]
    later(world, it.ttl * 0.02)
    assert states(world) == ["stale"]


def test_each_episode_is_told_once_at_each_of_its_ends(world: World) -> None:
    for _ in range(3):
        episodes.note(world.dev, health.of(world), world.clock.now())
    assert told(world) == [event.FEATURES_STALE]
    assert len(episodes.standing(world.dev)) == 1
    jobs.features(world)
    for _ in range(3):
        episodes.note(world.dev, health.of(world), world.clock.now())
    assert told(world) == [event.FEATURES_STALE, event.FEATURES_FRESH]
    assert episodes.standing(world.dev) == []
    later(world, timedelta(days=4_000))
    episodes.note(world.dev, health.of(world), world.clock.now())
    assert told(world)[-1] == event.FEATURES_STALE
    assert [it.cleared == "" for it in episodes.history(world.dev)] == [True, False]


def test_a_set_that_is_defined_no_more_leaves_no_episode_open(world: World) -> None:
    episodes.note(world.dev, health.of(world), world.clock.now())
    episodes.note(world.dev, (), world.clock.now())
    assert episodes.standing(world.dev) == []


def test_an_interval_with_few_rows_is_short(world: World) -> None:
    jobs.features(world)
    (found,) = extended.feature_sets(world.schema)
    young = timedelta(hours=1)
    assert health.verdict(found, young, young, 40, 100.0, Limits())[0] == "short"
    assert health.verdict(found, young, young, 60, 100.0, Limits())[0] == "fresh"
    assert health.verdict(found, young, None, 60, 100.0, Limits())[0] == "never"


def test_an_event_that_is_not_as_its_schema_says_is_not_sent(world: World) -> None:
    (it,) = health.of(world)
    good = event.of(event.FEATURES_STALE, "dev", it, "2026-03-02", world.clock.now())
    good.check()
    for wrong in (replace(good, data={}), replace(good, subject="features/other")):
        with pytest.raises(EventError):
            wrong.check()


def test_the_command_tells_and_fails_where_a_set_is_stale(world: World) -> None:
    def mlops(*words: str) -> tuple[int, str]:
        ran = CliRunner().invoke(cli.main, ["freshness", *words])
        return ran.exit_code, ran.output

    code, said = mlops()
    assert (code, "never" in said) == (1, True)
    code, said = mlops("--json")
    assert (code, json.loads(said)[0]["state"]) == (1, "never")
    assert "no feature set was too old" in mlops("list")[1]
    episodes.note(world.dev, health.of(world), world.clock.now())
    assert "still so" in mlops("list")[1]
    kinds = [it["$id"] for it in json.loads(mlops("schema")[1])]
    assert kinds == [event.FEATURES_STALE, event.FEATURES_FRESH]
