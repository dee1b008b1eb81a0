"""What the jobs of the loop do, on real parts; each may be killed and begun again."""

from __future__ import annotations

import os
import signal
import time

import pytest
from deployment.release import fleet

from {{cookiecutter.package_name}}.data import landed
from {{cookiecutter.package_name}}.deployment.release import machine
from {{cookiecutter.package_name}}.deployment.release.journal import DONE
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import status
from {{cookiecutter.package_name}}.operations.loop import beats, jobs, operate, rhythm
from {{cookiecutter.package_name}}.operations.loop.operate import OperatedError
from {{cookiecutter.package_name}}.operations.loop.rhythm import RhythmError


def test_what_has_come_to_the_source_is_landed_and_said_once(world: World) -> None:
    before = landed.stats(world.root / jobs.LANDED)
    said = jobs.gather(world)
    assert landed.stats(world.root / jobs.LANDED).rows >= before.rows
    assert jobs.gather(world) == "", said


def test_feature_values_are_computed_once(world: World) -> None:
    jobs.features(world)
    assert jobs.features(world) == ""


def test_without_traffic_nobody_needs_an_endpoint(world: World) -> None:
    assert jobs.endpoint(world) == ""
    assert not status.read(world.prod).running


@pytest.mark.integration
def test_an_endpoint_whose_supervisor_is_gone_is_brought_up_where_it_was(world: World) -> None:
    with fleet.endpoint(world) as address:
        ended = machine.follow(world, machine.start(world, "1"), lambda: time.sleep(0.1))
        assert ended.status == DONE, ended.said
        pid = status.read(world.prod).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        fleet.until(lambda: not status.read(world.prod).running)
        assert "up again" in jobs.endpoint(world)
        assert status.settle(world.prod, 60).address == address
        assert jobs.endpoint(world) == ""


def test_one_process_operates_a_repo(world: World) -> None:
    with operate.Held(world), pytest.raises(OperatedError, match="runs already"):
        operate.once(world)


def test_a_round_of_everything_notes_each_turn_and_what_failed(world: World) -> None:
    (world.root / "operate.toml").write_text('[every]\ntraining = "0s"\nreleases = "0s"\n', encoding="utf-8")
    assert operate.once(world)
    assert beats.read(world.prod).keys() == {
        "alerts",
        "endpoint",
        "ingest",
        "features",
        "automation",
        "retraining",
        "monitor",
    }
    (world.root / "schedules.toml").write_text("[[schedule]\n", encoding="utf-8")
    assert not operate.once(world)
    assert "schedules.toml is not TOML" in beats.read(world.prod)["automation"].wrong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[every]\nmonitr = '1h'\n", "did you mean 'monitor'"),
        ("[every]\nmonitor = 'often'\n", "such as '2h'"),
        ("[", "TOML"),
    ],
)
def test_a_rhythm_that_is_none_is_named(world: World, text: str, said: str) -> None:
    (world.root / "operate.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RhythmError) as found:
        rhythm.load(world.root)
    assert said in str(found.value)
