"""The way back, decided on the state that it meets."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.release import back
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import state
from {{cookiecutter.package_name}}.deployment.serving.state import State

from .fleet import AT
from .test_journal import release

OURS = "0" * 64


def given(*steps: state.Step) -> State:
    found = State()
    for step in (deploy("blue", "1" * 64), deploy("green", OURS), *steps):
        found = step(found)
    return found


def deploy(name: str, digest: str) -> state.Step:
    return state.deploy(name, "1", digest, Path("somewhere"))


def after(have: State, **known: str) -> State:
    from dataclasses import replace

    return back.away(replace(release(), **{"incumbent": "blue", "slot": "green", **known}))(have)


@pytest.mark.parametrize(
    ("traffic", "mirror"),
    [({"blue": 100}, {"green": 50}), ({"blue": 75, "green": 25}, {}), ({"green": 100}, {}), ({"blue": 100}, {})],
)
def test_everybody_goes_to_the_incumbent_and_the_candidate_away(
    traffic: dict[str, int], mirror: dict[str, int]
) -> None:
    found = after(given(state.route(traffic, mirror)))
    assert (dict(found.traffic), dict(found.mirror)) == ({"blue": 100}, {})
    assert set(found.deployments) == {"blue"}


def test_a_first_release_leaves_nobody_behind() -> None:
    have = State()
    for step in (deploy("blue", OURS), state.route({"blue": 100})):
        have = step(have)
    found = after(have, incumbent="", slot="blue")
    assert (dict(found.traffic), dict(found.deployments)) == ({}, {})


def test_twice_is_the_same_as_once() -> None:
    once = after(given(state.route({"blue": 75, "green": 25})))
    assert after(once) == once


def test_a_candidate_is_found_where_its_name_was_not_written_down() -> None:
    found = after(given(state.route({"blue": 100})), slot="", incumbent="")
    assert (set(found.deployments), dict(found.traffic)) == ({"blue"}, {"blue": 100})


def test_another_model_under_the_name_stays() -> None:
    have = deploy("green", "2" * 64)(given(state.route({"blue": 100})))
    assert after(have) == have


def test_nothing_is_committed_where_there_is_no_candidate(world: World) -> None:
    step = state.deploy("blue", "1", "1" * 64, Path("somewhere"))
    before = world.endpoint.change(step, at=AT, by="tester", reason="a test")
    back.undo(world, release(), "a test")
    assert world.endpoint.current() == before
