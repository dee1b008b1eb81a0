"""The candidate among callers: what a look decides, and that nobody's change is written over."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from {{cookiecutter.package_name}}.deployment.comparison.plan import Stage
from {{cookiecutter.package_name}}.deployment.release import (
    champions,
    drawing,
    holds,
    journal,
    live,
    machine,
    order,
    stages,
)
from {{cookiecutter.package_name}}.deployment.release.journal import (
    BACK,
    EQUAL,
    OvertakenError,
    Release,
    ReleaseError,
)
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import joined, state

from . import fleet
from .fleet import AT

BETTER, SAME, WORSE = {"blue": 4.0, "green": 1.0}, {"blue": 2.0, "green": 2.0}, {"blue": 1.0, "green": 4.0}
SHADOW, RAMP = "shadow 50 %", "ramp 50 %"


def at_step(world: World, step: str) -> tuple[Release, Stage]:
    """A release of version 2 at a stage's step, with its shares committed."""
    opened = machine.start(world, "2")
    release = journal.move(world.prod, opened, "next", "", {}, AT, step=step, slot="green", incumbent="blue")
    now = order.stage_of(release)
    assert now is not None
    deploy = [state.deploy(name, "1", name * 16, Path("somewhere")) for name in ("blue", "green")]
    world.endpoint.change(*deploy, state.route(*stages.shares(release, now)), at=AT, by="tester", reason="a test")
    return release, now


def looked(world: World, monkeypatch: pytest.MonkeyPatch, step: str, rows: pd.DataFrame) -> order.Moved:
    release, now = at_step(world, step)
    monkeypatch.setattr(joined, "read", lambda *_: rows)
    world.clock.advance(timedelta(hours=3))  # type: ignore[attr-defined]
    return stages.look(world, release, now)


@pytest.mark.parametrize(
    ("loss", "outcome", "ends"), [(BETTER, "next", ""), (SAME, "back", EQUAL), (WORSE, "back", BACK)]
)
def test_a_shadow_is_decided_by_the_losses(
    world: World, monkeypatch: pytest.MonkeyPatch, loss: dict[str, float], outcome: str, ends: str
) -> None:
    moved = looked(world, monkeypatch, SHADOW, fleet.answers(1500, loss, AT, shadow="green"))
    assert (moved.outcome, moved.ends) == (outcome, ends), moved.said
    assert json.loads(Path(moved.figures["kept"]).read_text())["decision"] == moved.figures["decision"]


def test_a_ramp_stops_what_is_surely_worse(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = looked(world, monkeypatch, RAMP, fleet.answers(400, WORSE, AT))
    assert (moved.outcome, moved.ends) == ("back", BACK)
    assert "surely worse" in moved.said


def test_a_ramp_stops_what_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = looked(world, monkeypatch, RAMP, fleet.answers(400, SAME, AT, status=500))
    assert (moved.outcome, moved.ends) == ("back", BACK)
    assert "errors" in moved.said


def test_a_ramp_stops_where_the_split_is_broken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = looked(world, monkeypatch, RAMP, fleet.answers(1000, SAME, AT, share=0.7))
    assert (moved.outcome, moved.ends) == ("back", BACK)
    assert "split is broken" in moved.said


def test_few_rows_decide_nothing_and_leave_no_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = looked(world, monkeypatch, SHADOW, fleet.answers(8, WORSE, AT, shadow="green"))
    assert moved.outcome == "wait"
    assert not world.folder(journal.latest(world.prod, 1)[0].id).exists()


def test_a_look_that_reads_rows_of_before_the_stage_only_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fleet.answers(400, WORSE, AT - timedelta(days=1), shadow="green")
    assert looked(world, monkeypatch, SHADOW, before).outcome == "wait"


def test_somebody_elses_traffic_ends_the_release_by_his_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    release, now = at_step(world, SHADOW)
    world.endpoint.change(state.route({"blue": 90, "green": 10}), at=AT, by="somebody", reason="I know better")
    monkeypatch.setattr(joined, "read", lambda *_: fleet.answers(400, BETTER, AT, shadow="green"))
    moved = stages.look(world, release, now)
    assert (moved.outcome, moved.ends) == ("back", BACK)
    assert "somebody changed the traffic in the meantime (I know better)" in moved.said


def test_a_change_that_came_in_between_is_not_written_over(world: World) -> None:
    release, _ = at_step(world, SHADOW)
    seen = world.endpoint.current()
    theirs = world.endpoint.change(state.route({"blue": 100}), at=AT, by="somebody", reason="")
    with pytest.raises(OvertakenError, match="the change was meant for"):
        stages.commit(world, release, seen, "a test", state.route({"green": 100}))
    assert world.endpoint.current() == theirs


def test_who_wants_it_back_has_the_last_word(world: World) -> None:
    release, _ = at_step(world, SHADOW)
    journal.stop(world.prod, release.id, "aborted by somebody")
    before = world.endpoint.current()
    with pytest.raises(OvertakenError):
        stages.commit(world, release, before, "a test", state.route({"green": 100}))
    assert world.endpoint.current() == before


def test_held_releases_change_no_traffic_and_may_still_go_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    release, _ = at_step(world, SHADOW)
    holds.hold(world.prod, "Zoe", "the holidays", AT)
    before = world.endpoint.current()
    with pytest.raises(OvertakenError):
        stages.commit(world, release, before, "a test", state.route({"green": 100}))
    assert world.endpoint.current() == before
    world.clock.advance(timedelta(hours=3))  # type: ignore[attr-defined]
    for loss, outcome in ((BETTER, "wait"), (WORSE, "back")):
        rows = fleet.answers(1500, loss, AT, shadow="green")
        monkeypatch.setattr(joined, "read", lambda *_, rows=rows: rows)
        assert machine.take(world, release).outcome == outcome


def test_a_hold_waits_for_a_change_that_is_being_made_and_stops_the_next(world: World) -> None:
    """It comes after the look at holds and before the change: it must not be missed."""
    release, _ = at_step(world, SHADOW)
    before, order = world.endpoint.current(), []
    asks = threading.Thread(target=lambda: order.append(holds.hold(world.prod, "Zoe", "now", AT).reason))

    def step(have: state.State) -> state.State:
        asks.start()
        asks.join(0.3)
        order.append("changed")
        return state.route({"green": 100})(have)

    after = stages.commit(world, release, before, "a test", step)
    asks.join()
    assert order == ["changed", "now"], "whoever held it was told so only when the change was there for all to see"
    with pytest.raises(OvertakenError, match="held by Zoe"):
        stages.commit(world, release, after, "a test", state.route({"blue": 100}))
    assert world.endpoint.current() == after


def test_nobody_is_crowned_under_a_hold_that_came_while_it_waited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, _ = at_step(world, SHADOW)
    before = champions.number(world)
    monkeypatch.setattr(live, "settle", lambda *_: holds.hold(world.prod, "Zoe", "now", AT))
    with pytest.raises(OvertakenError, match="held by Zoe"):
        stages.finish(world, release)
    assert champions.number(world) == before


def test_decisions_are_drawn_as_they_were_seen(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    looked(world, monkeypatch, SHADOW, fleet.answers(400, BETTER, AT, shadow="green"))
    monkeypatch.undo()
    picture = drawing.draw(world, journal.latest(world.prod, 1)[0], tmp_path / "release.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 10_000


def test_a_release_without_decisions_is_not_drawn(world: World) -> None:
    with pytest.raises(ReleaseError, match="no stage was decided yet"):
        drawing.draw(world, machine.start(world, "2"))
