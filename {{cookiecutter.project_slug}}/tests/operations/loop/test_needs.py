"""Each kind of alert is raised by what it is about, once, and cleared by the same look when that is over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.release import journal as releases
from {{cookiecutter.package_name}}.deployment.release import machine, person
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import state
from {{cookiecutter.package_name}}.operations.alerts import journal
from {{cookiecutter.package_name}}.operations.drift import looked
from {{cookiecutter.package_name}}.operations.drift.looked import Looked
from {{cookiecutter.package_name}}.operations.loop import beats, jobs, needs


@pytest.fixture(autouse=True)
def well(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features are fresh, and nobody listens."""
    monkeypatch.delenv("MLOPS_ALERT_WEBHOOK", raising=False)
    jobs.features(world)


def kinds(world: World) -> dict[str, str]:
    """The open alerts after a look: kind -> subject."""
    needs.look(world)
    return {it.kind: it.subject for it in journal.standing(world.prod)}


def test_where_all_is_well_nobody_is_told(world: World) -> None:
    assert kinds(world) == {}


def test_an_endpoint_that_should_run_and_does_not(world: World) -> None:
    step = state.deploy("blue", "1", "b" * 64, Path("somewhere"))
    world.endpoint.change(step, state.route({"blue": 100}), at=world.clock.now(), by="a test", reason="")
    assert needs.look(world) == "endpoint-down prod: its endpoint does not run"
    assert needs.look(world) == "", "it is told once"
    world.endpoint.change(state.route({}), at=world.clock.now(), by="a test", reason="")
    assert kinds(world) == {}


def test_a_batch_in_quarantine(world: World) -> None:
    path = world.root / "drop" / "bad.csv"
    rows = "".join(f"{number},2025-03-01T00:00:00,-5,north,3\n" for number in range(9000, 9050))
    path.write_text(f"id,at,km,zone,minutes\n{rows}", encoding="utf-8")
    jobs.gather(world)
    assert set(kinds(world)) == {"bad-data"}


def test_a_job_that_fails_again_and_again_until_it_goes_well(world: World) -> None:
    for _ in range(needs.PATIENCE):
        assert "job-fails" not in kinds(world)
        beats.begin(world.prod, "ingest", world.clock.now())
        beats.fail(world.prod, "ingest", world.clock.now(), "the source is gone")
    assert kinds(world) == {"job-fails": "ingest"}
    beats.end(world.prod, "ingest", world.clock.now(), "")
    assert kinds(world) == {}


def test_a_served_model_of_which_no_look_could_judge_anything_for_longer_than_a_window(world: World) -> None:
    step = state.deploy("blue", "1", "b" * 64, Path("somewhere"))
    world.endpoint.change(step, state.route({"blue": 100}), at=world.clock.now(), by="a test", reason="")
    now = world.clock.now()

    def told(since: timedelta, unjudged: int) -> bool:
        blind = (now - since).isoformat() if unjudged == 3 else ""
        looked.keep(world.prod, Looked(now.isoformat(), "1", "20 rows", 20, 3, unjudged, False, [], blind))
        return "drift-not-judged" in kinds(world)

    assert not told(timedelta(days=6), 3), "a new version needs its time"
    assert told(timedelta(days=8), 3)
    assert not told(timedelta(days=8), 2), "one column is judged"


def test_features_that_grew_too_old(world: World) -> None:
    assert kinds(world) == {}
    world.clock.advance(timedelta(days=2_000))  # type: ignore[attr-defined]
    assert "stale-features" in kinds(world)


def test_a_release_that_was_taken_back_until_another_is_done(world: World) -> None:
    machine.start(world, "1")
    person.abort(world, "enough")
    assert kinds(world) == {"release-stopped": "version 1"}
    release = machine.start(world, "2")
    releases.move(world.prod, release, "next", "champion", {}, world.clock.now(), status="done")
    assert kinds(world) == {}


def test_an_alert_that_nobody_takes_is_a_failed_turn_and_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_ALERT_WEBHOOK", "http://127.0.0.1:9/alerts")
    machine.start(world, "1")
    person.abort(world, "enough")
    with pytest.raises(journal.AlertError, match="did not take alert"):
        needs.look(world)
    assert [it.sent for it in journal.standing(world.prod)] == [""]
