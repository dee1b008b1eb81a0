"""The journal: one release at a time, steps that are not forgotten, and nobody writes over what he has not seen."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.comparison.plan import Plan
from {{cookiecutter.package_name}}.deployment.release import journal
from {{cookiecutter.package_name}}.deployment.release.journal import OvertakenError, Release, ReleaseError
from {{cookiecutter.package_name}}.workspace import Workspace

from .fleet import AT


def release(name: str = "a") -> Release:
    plan = Plan().model_dump_json()
    return Release(
        name, "1", "0" * 64, "a test", "tester", AT.isoformat(), plan, "test", AT.isoformat(), *["open", *[""] * 5]
    )


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, "prod")


def test_one_release_goes_at_a_time(place: Workspace) -> None:
    journal.begin(place, release("a"))
    with pytest.raises(ReleaseError, match=r"release a of version 1: at test; one release goes at a time"):
        journal.begin(place, release("b"))
    assert [it.id for it in journal.latest(place)] == ["a"]


def test_the_same_release_is_begun_once(place: Workspace) -> None:
    first = journal.begin(place, release())
    moved = journal.move(place, first, "next", "passed", {}, AT, step="share")
    assert journal.begin(place, release()) == moved


def test_a_step_is_written_with_what_it_changes(place: Workspace) -> None:
    moved = journal.move(place, journal.begin(place, release()), "next", "passed", {"tests": 17}, AT, step="share")
    assert (moved.step, moved.said) == ("share", "passed")
    (row,) = journal.history(place, "a")
    assert (row.step, row.outcome, row.figures) == ("test", "next", {"tests": 17})


@pytest.mark.parametrize("other", [{"step": "share"}, {"status": "rolled back"}])
def test_who_was_overtaken_writes_nothing(place: Workspace, other: dict[str, str]) -> None:
    seen = journal.begin(place, release())
    journal.move(place, seen, "next", "by another process", {}, AT, **other)
    with pytest.raises(OvertakenError, match="release a"):
        journal.move(place, seen, "next", "by this one", {}, AT, step="promote")
    assert [it.said for it in journal.history(place, "a")] == ["by another process"]


def test_who_wants_it_back_is_not_written_over(place: Workspace) -> None:
    seen = journal.begin(place, release())
    stopped = journal.stop(place, "a", "aborted by tester")
    with pytest.raises(OvertakenError):
        journal.move(place, seen, "next", "passed", {}, AT, step="share")
    assert stopped.stopping == "aborted by tester"
    assert journal.stop(place, "a", "and by another").stopping == "aborted by tester"


def test_what_has_ended_is_not_stopped(place: Workspace) -> None:
    journal.move(place, journal.begin(place, release()), "next", "finished", {}, AT, status="done")
    assert journal.stop(place, "a", "too late").stopping == ""


def test_what_was_done_cannot_be_rewritten(place: Workspace) -> None:
    journal.move(place, journal.begin(place, release()), "next", "passed", {}, AT, step="share")
    for sql in ("UPDATE transition SET said = 'other'", "DELETE FROM transition"):
        with journal.opened(place) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(sql)


def test_a_release_that_is_not_there_is_named(place: Workspace) -> None:
    with pytest.raises(ReleaseError, match="there is no release 'z'"):
        journal.get(place, "z")


def test_a_release_keeps_the_plan_that_stood_when_it_was_opened(place: Workspace) -> None:
    found = journal.begin(place, replace(release(), plan=Plan(approval=True).model_dump_json()))
    assert found.rules.approval
