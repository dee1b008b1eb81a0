"""The demo's chapters show what they say, and break off where it did not happen."""

from __future__ import annotations

import pytest

from {{cookiecutter.package_name}} import story as stories
from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.errors import MlopsError
from {{cookiecutter.package_name}}.events import bus, handling, inbox, rehearsal, schemas, story
from {{cookiecutter.package_name}}.events.consume import Consumed
from {{cookiecutter.package_name}}.events.handling import Handlers
from {{cookiecutter.package_name}}.workspace import Workspace, database

from . import made


@pytest.fixture
def stage(place: Workspace, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch) -> stories.Stage:
    """A repo that has told two facts and landed data. No chapter may use the bus of the environment."""
    monkeypatch.setenv(bus.ENDPOINT, "https://bus.example")
    made.told(place, made.registered(1), made.registered(2))
    made.landed(place)
    started = f'[[on]]\nevent = "{schemas.DATA_LANDED}"\npipeline = "training"\n'
    (place.root / "schedules.toml").write_text(started, encoding="utf-8")
    return stories.Stage(place.root, 0, clock)


def test_facts_are_told_once_and_the_real_outbox_stays_as_it_is(stage: stories.Stage, place: Workspace) -> None:
    figures = story.tell_once(stage).figures
    assert figures["facts in the outbox"] == "2 ModelRegistered"
    assert figures["effects in all"] == figures["sent and done"] == figures["pushed besides, and known"] == 2
    with database(place.state) as connection:
        assert connection.execute("SELECT count(*) FROM outbox WHERE sent IS NULL").fetchone()[0] == 2


def test_the_chapter_fails_where_an_effect_happens_twice(stage: stories.Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "once", lambda *_: True)
    with pytest.raises(MlopsError, match="had an effect twice"):
        story.tell_once(stage)


def test_the_chapter_fails_where_nothing_was_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = stories.Stage(tmp_path_factory.mktemp("empty"), 0, SimulatedClock(made.AT))
    with pytest.raises(MlopsError, match="no run has told a fact"):
        story.tell_once(empty)
    with pytest.raises(MlopsError, match="nothing is landed"):
        story.ask(empty)


@pytest.mark.integration
def test_a_broker_that_is_killed_loses_nothing(stage: stories.Stage) -> None:
    figures = story.kill(stage).figures
    assert figures["effects in all"] == figures["events"] == 2 * story.TOLD
    assert int(str(figures["came again, and were known"])) > 0


@pytest.mark.integration
def test_the_chapter_fails_where_an_event_is_lost(stage: stories.Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "drained", lambda *_: Consumed())
    with pytest.raises(MlopsError, match="60 events were lost"):
        story.kill(stage)


def test_new_data_asks_for_one_run(stage: stories.Stage) -> None:
    figures = story.ask(stage).figures
    assert (figures["rows"], figures["runs asked for"], figures["pipelines"]) == (5, 1, "training")


def test_where_nothing_is_to_be_started_nothing_is(stage: stories.Stage) -> None:
    (stage.root / "schedules.toml").unlink()
    figures = story.ask(stage).figures
    assert (figures["runs asked for"], figures["pipelines"]) == (0, "schedules.toml names none for this event")


def test_the_chapter_fails_where_new_data_asks_for_nothing(
    stage: stories.Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handling, "find", lambda: Handlers({"Mlops.DataLanded": (made.effect,)}, made.EFFECTS))
    with pytest.raises(MlopsError, match="asked for 0 runs"):
        story.ask(stage)


def test_a_broker_that_never_ends_is_told(
    place: Workspace, clock: SimulatedClock, address: bus.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "PATIENCE", 0.0)
    with pytest.raises(bus.BusError, match="not all was done"):
        rehearsal.drained(place, clock, address)
