"""Killed anywhere, a run is told as failed, the next one finishes its work, and nothing happens twice."""

from __future__ import annotations

import sys

import pytest

from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.training import facts, registry, release
from {{cookiecutter.package_name}}.workspace import Workspace

from . import crash, made

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
]


def work_to_do(place: Workspace) -> None:
    """Let every step but the first have something to do, so that version 2 comes of it."""
    made.replace(place.root / "project.toml", "seed = 7", "seed = 8")
    made.commit(place.root, "another seed")


def statuses(place: Workspace, run: str) -> set[str]:
    """What MLflow says of a run of ours; it may never have heard of it."""
    client = made.registered(place).client
    found = client.search_runs(["1"], f"tags.run = '{run}'")
    return {it.info.status for it in found}


@pytest.mark.parametrize("where", [*crash.STEPS, *(it for it in crash.PLACES if it != "served")])
def test_a_run_that_is_killed_is_told_and_its_work_is_done_once(place: Workspace, where: str) -> None:
    work_to_do(place)
    before = len(made.told(place))
    crash.at(place.root, where)
    done = made.again(place)
    again, died = facts.latest(place)[:2]
    assert (again.status, again.version, done.version) == ("Completed", "2", "2")
    assert (died.status, died.said) == ("Failed", "its process died")
    assert statuses(place, died.id) <= {"FAILED"}
    assert [it.number for it in made.registered(place).versions()] == ["1", "2"]
    assert [it.version for it in made.registered(place).history()] == ["1", "2"]
    assert made.registered(place).aliases() == {"candidate": "2"}
    told = made.told(place)[before:]
    assert sorted(told) == sorted(
        [
            ("RunStatusChanged", "Running"),
            ("RunStatusChanged", "Failed"),
            ("RunStatusChanged", "Running"),
            ("ModelRegistered", "2"),
            ("RunStatusChanged", "Completed"),
            ("RunCompleted", ""),
        ]
    )


def test_steps_that_were_done_before_the_kill_are_not_done_again(place: Workspace) -> None:
    work_to_do(place)
    crash.at(place.root, "evaluate")
    died = facts.latest(place)[0].id
    done = made.again(place)
    assert {name for name, it in done.steps.items() if it.skipped == died} == {"validate", "features", "split", "train"}


@pytest.mark.parametrize("where", ["served", "entry written"])
def test_a_release_that_is_killed_is_finished_by_the_next_and_told_once(place: Workspace, where: str) -> None:
    crash.at(place.root, where, version="1")
    for _ in range(2):
        release.run(place, "1", SystemClock(), "tester")
    known = made.registered(place)
    assert [it.action for it in known.history()] == ["register", "release"]
    assert known.aliases()[registry.CHAMPION] == "1"
    assert made.told(place).count(("ModelDeployed", f"{registry.name_of()}:1")) == 1
    assert release.served(place, SystemClock()) == known.get("1")


def test_a_kill_that_does_not_come_is_noticed(place: Workspace) -> None:
    with pytest.raises(AssertionError, match="instead of being killed at 'validate'"):
        crash.at(place.root, "validate")  # which is skipped
