"""Events start what schedules.toml names, inside the transaction that notes the event, and once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.events import cloud, consume, handling, schemas
from {{cookiecutter.package_name}}.training import facts, handlers, requests, schedules
from {{cookiecutter.package_name}}.workspace import Workspace, database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLOCK = SimulatedClock(NOON)
ON = '[[on]]\nevent = "Mlops.DataLanded"\npipeline = "training"\n'


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "schedules.toml").write_text(ON, encoding="utf-8")
    return Workspace(tmp_path)


def landed(state: str) -> cloud.Event:
    return cloud.data_landed("/workspaces/dev", state=state, rows=3, at=NOON)


def told(place: Workspace, *events: cloud.Event) -> consume.Consumed:
    """Deliver events through the inbox, with the handlers that are really there."""
    return consume.deliver(place, CLOCK, list(events), echo=lambda _: None)


def asked(place: Workspace) -> list[requests.Request]:
    with database(place.state, requests.TABLES) as connection:
        return requests.latest(connection, 20)[::-1]


def worked(place: Workspace) -> None:
    requests.work(place, CLOCK, lambda _: "run", lambda _: None)


def test_every_event_that_may_start_something_has_its_handler() -> None:
    assert set(handlers.HANDLERS) == set(schedules.STARTERS)
    assert handlers.ask in handling.find().by_type[schemas.DATA_LANDED]


def test_new_data_asks_for_the_pipeline_that_the_file_names(place: Workspace) -> None:
    told(place, landed("ab"))
    (request,) = asked(place)
    assert (request.pipeline, request.status) == ("training", "waiting")
    assert request.cause == "event Mlops.DataLanded data/ab"


def test_an_event_that_comes_again_asks_for_nothing(place: Workspace) -> None:
    told(place, landed("ab"))
    worked(place)
    told(place, landed("ab"), landed("ab"))
    assert len(asked(place)) == 1


def test_new_data_while_a_run_waits_asks_for_no_second_one(place: Workspace) -> None:
    told(place, landed("ab"), landed("cd"))
    assert len(asked(place)) == 1
    worked(place)
    told(place, landed("ef"))
    assert len(asked(place)) == 2


@pytest.mark.parametrize("text", ["", ON + "enabled = false\n"], ids=["no line", "switched off"])
def test_without_a_line_nothing_starts(place: Workspace, text: str) -> None:
    (place.root / "schedules.toml").write_text(text, encoding="utf-8")
    assert told(place, landed("ab")).done == 1
    assert asked(place) == []


def test_one_event_may_start_two_pipelines(place: Workspace) -> None:
    (place.root / "schedules.toml").write_text(ON + ON.replace('"training"', '"other"'), encoding="utf-8")
    told(place, landed("ab"))
    assert [it.pipeline for it in asked(place)] == ["training", "other"]


def test_a_file_that_cannot_be_read_has_the_event_come_again(place: Workspace) -> None:
    path = place.root / "schedules.toml"
    path.write_text("[[on]]\nevent = 'Nothing'\n", encoding="utf-8")
    assert told(place, landed("ab")).failed == 1
    path.write_text(ON, encoding="utf-8")
    assert told(place, landed("ab")).done == 1
    assert len(asked(place)) == 1


@pytest.mark.parametrize(("status", "runs"), [("Completed", 0), ("Failed", 1)])
def test_what_a_run_has_landed_itself_starts_no_other(place: Workspace, status: str, runs: int) -> None:
    facts.begin(place, "r1", "training", "by hand", "", "", NOON)
    facts.finish(place, "r1", NOON, said="" if status == "Completed" else "broke")
    folder = place.runs / "r1" / "ingest" / "snapshot"
    folder.mkdir(parents=True)
    frozen = {"state": "ab", "batch": "000001", "rows": 3, "files": {}, "held": 0}
    (folder / "snapshot.json").write_text(json.dumps(frozen), encoding="utf-8")
    told(place, landed("ab"))
    assert len(asked(place)) == runs
    told(place, landed("cd"))
    assert len(asked(place)) == 1
