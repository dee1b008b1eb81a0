"""Callers who really call: what is answered counts, what fails is told, and their time passes by requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.deployment.rehearsal import callers
from {{cookiecutter.package_name}}.deployment.rehearsal.callers import Callers, Row, Ticking
from {{cookiecutter.package_name}}.deployment.serving import joined, state
from {{cookiecutter.package_name}}.workspace import Workspace

from ..serving import alive, made

GAP = timedelta(minutes=2)
ROWS = [Row(json.dumps(made.record(f"rider {number}", 5.0 + number)).encode(), 10.0 + number) for number in range(7)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.trained(tmp_path_factory.mktemp("models") / "double", 2.0)


@pytest.fixture
def called(tmp_path: Path, folder: Path) -> Iterator[alive.Caller]:
    """A gateway that takes times from its callers."""
    with alive.World(Workspace(tmp_path), {"double": folder}) as world:
        world.deploy(blue="double")
        world.change(state.route({"blue": 100}))
        with world.gateway(replay=True) as caller:
            caller.settled()
            yield caller


def test_each_request_is_a_moment_later_and_its_outcome_is_told(called: alive.Caller) -> None:
    clock = Ticking(made.AT, GAP)
    with Callers(str(called.client.base_url), ROWS, clock, rate=300.0) as them:
        alive.until(lambda: them.counts.answered["blue"] >= 60)
    assert them.counts.failed == []
    assert them.counts.requests == them.counts.answered.total()
    assert clock.now() == made.AT + GAP * them.counts.requests
    called.recorded()
    found = joined.read(called.world.place)
    assert len(found) == them.counts.requests
    assert found["outcome"].notna().all(), "those of the end are told, too"
    assert found["at"].min() == made.AT + GAP
    assert them.last_id in set(found["event_id"])


def test_on_a_clock_of_its_own_the_endpoint_says_when(called: alive.Caller) -> None:
    with Callers(str(called.client.base_url), ROWS, SystemClock(), rate=300.0) as them:
        alive.until(lambda: them.counts.requests >= 5)
    called.recorded()
    assert (joined.read(called.world.place)["at"] > made.AT + timedelta(days=100)).all()


def test_what_is_not_answered_is_told(called: alive.Caller) -> None:
    bad = [Row(b"{}", 1.0)]
    with Callers(str(called.client.base_url), bad, Ticking(made.AT, GAP), rate=300.0) as them:
        alive.until(lambda: len(them.counts.failed) >= 3)
    assert them.counts.answered.total() == 0
    assert "422" in them.counts.failed[0]


def test_nobody_there_is_a_failure_of_each_request() -> None:
    with Callers("http://127.0.0.1:9", ROWS, Ticking(made.AT, GAP), rate=300.0) as them:
        alive.until(lambda: len(them.counts.failed) >= 3)
    assert "request 0: 0 ConnectionRefusedError" in " ".join(them.counts.failed)


def test_a_label_delay_passes_while_the_callers_go_on() -> None:
    assert callers.gap_of(timedelta(hours=5)) == timedelta(minutes=2)
    assert callers.gap_of(timedelta(0)) == timedelta(seconds=1)
