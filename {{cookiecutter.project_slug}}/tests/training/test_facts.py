"""Each change of a run's status is one fact, with one event beside it."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.events import cloud, outbox
from {{cookiecutter.package_name}}.training import facts
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

AT = datetime(2025, 3, 1, tzinfo=UTC)
RUNNING = ("RunStatusChanged", "Running")


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def begin(place: Workspace, run: str, at: datetime = AT) -> None:
    facts.begin(place, run, "training", "nightly", "request-1", "", at)


def test_a_run_that_ends_well_tells_it_twice(empty: Workspace) -> None:
    begin(empty, "r1")
    facts.tracked(empty, "r1", "m1")
    facts.finish(empty, "r1", AT + timedelta(hours=1), version="3")
    (found,) = facts.latest(empty)
    assert (found.status, found.version, found.said, found.mlflow) == ("Completed", "3", "", "m1")
    assert (found.started, found.ended) == ("2025-03-01T00:00:00+00:00", "2025-03-01T01:00:00+00:00")
    assert made.told(empty) == [RUNNING, ("RunStatusChanged", "Completed"), ("RunCompleted", "")]


def test_a_run_that_fails_is_not_told_as_completed(empty: Workspace) -> None:
    begin(empty, "r1")
    facts.finish(empty, "r1", AT, said="the gate refuses")
    assert facts.latest(empty)[0].status == "Failed"
    assert made.told(empty) == [RUNNING, ("RunStatusChanged", "Failed")]


def test_the_same_run_cannot_begin_twice_and_is_told_once(empty: Workspace) -> None:
    begin(empty, "r1")
    with pytest.raises(sqlite3.IntegrityError):
        begin(empty, "r1")
    assert made.told(empty) == [RUNNING]


def test_the_fact_is_taken_back_where_its_event_cannot_be_written(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    begin(empty, "r1")
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "add", broken)
        with pytest.raises(OSError, match="disk full"):
            facts.finish(empty, "r1", AT)
    assert facts.latest(empty)[0].status == "Running"


def test_the_latest_come_first_and_those_that_nobody_ended_are_found(empty: Workspace) -> None:
    for number in range(3):
        begin(empty, f"r{number}", AT + timedelta(minutes=number))
    facts.finish(empty, "r1", AT)
    assert [it.id for it in facts.latest(empty, 2)] == ["r2", "r1"]
    assert [it.id for it in facts.left(empty)] == ["r0", "r2"]


def test_events_name_their_source(empty: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cloud.SOURCE, "/subscriptions/one")
    begin(empty, "r1")
    with workspace.database(empty.state) as connection:
        assert connection.execute("SELECT source FROM outbox").fetchone()["source"] == "/subscriptions/one"
