"""The loop as a person runs it: until a signal, one for a repo, and every job with its turn."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from deployment.release import fleet
from deployment.release.test_rollback import in_production, serving

from {{cookiecutter.package_name}} import cli, workspace
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.events import outbox
from {{cookiecutter.package_name}}.operations.drift import look
from {{cookiecutter.package_name}}.operations.drift.check import Checked, Finding
from {{cookiecutter.package_name}}.operations.loop import beats, jobs, operate
from {{cookiecutter.package_name}}.operations.retraining.event import DRIFT_DETECTED
from {{cookiecutter.package_name}}.training import requests

SLOW = '[every]\ntraining = "0s"\nreleases = "0s"\nendpoint = "0s"\n'


def drifting(group: str = "performance") -> Checked:
    """What a look gives where the loss has grown."""
    found = Finding(group, "loss", "performance", 0.4, 0.1, 0.0, None, 500, "mean 1", "mean 1.4", True)  # type: ignore[arg-type]
    return Checked((found,), {}, (), ())


def announced(world: World) -> list[dict[str, object]]:
    with workspace.database(world.dev.state, outbox.TABLES) as connection:
        return [it.event.data for it in outbox.entries(connection) if it.event.type == DRIFT_DETECTED]


def test_it_goes_on_until_a_signal_and_says_so(world: World) -> None:
    said: list[str] = []
    (world.root / "operate.toml").write_text(SLOW, encoding="utf-8")

    def ends() -> None:
        fleet.until(lambda: "features" in beats.read(world.prod))
        os.kill(os.getpid(), signal.SIGTERM)

    other = threading.Thread(target=ends)
    other.start()
    operate.serve(replace(world, echo=said.append), 0.05)
    other.join()
    assert "Ctrl+C stops it" in said[0]
    assert said[-1].startswith("stopped")
    with operate.Held(world):
        """It holds nothing any more."""


def test_one_round_by_a_command(world: World) -> None:
    (world.root / "operate.toml").write_text(SLOW, encoding="utf-8")
    ran = CliRunner().invoke(cli.main, ["operate", "--once"])
    assert ran.exit_code == 0, ran.output
    (world.root / "schedules.toml").write_text("[", encoding="utf-8")
    assert CliRunner().invoke(cli.main, ["operate", "--once"]).exit_code == 1


def test_what_was_asked_for_is_run_and_told(world: World) -> None:
    assert jobs.training(world) == ""
    with workspace.database(world.dev.state, requests.TABLES) as connection:
        requests.add(connection, id="one", pipeline="nonesuch", cause="a test", inputs={}, at=fleet.AT)
    assert "nonesuch for a test: failed" in jobs.training(world)


def test_without_an_open_release_nothing_is_to_be_gone_on_with(world: World) -> None:
    assert jobs.releases(world) == ""


def test_a_served_model_without_requests_is_not_judged(world: World) -> None:
    assert jobs.watch(world) == "", "nothing is served"
    serving(world, "blue", "1", in_production(world, "1"))
    assert jobs.watch(world) == ""
    assert announced(world) == []


def test_what_is_found_is_announced_once_a_window(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = in_production(world, "1")
    serving(world, "blue", "1", digest)
    monkeypatch.setattr(look, "served", lambda *_: drifting())
    assert "DRIFT in loss" in jobs.watch(world)
    assert jobs.watch(world) == "", "the same window of the same model"
    (data,) = announced(world)
    assert (data["kind"], data["champion"], data["columns"]) == ("regression", digest, ["loss"])


def test_a_turn_that_is_taken_again_looks_at_the_same_window(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    serving(world, "blue", "1", in_production(world, "1"))
    monkeypatch.setattr(look, "served", lambda *_: drifting())
    assert jobs.watch(world)
    world.clock.advance(timedelta(minutes=59))  # type: ignore[attr-defined]
    assert jobs.watch(world) == "", "killed before its turn was noted, it is taken again a little later"
    world.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]
    assert "DRIFT" in jobs.watch(world)
    assert len(announced(world)) == 2


def test_drift_without_a_regression_is_told_as_drift(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    serving(world, "blue", "1", in_production(world, "1"))
    monkeypatch.setattr(look, "served", lambda *_: drifting("features"))
    jobs.watch(world)
    assert [it["kind"] for it in announced(world)] == ["drift"]
