"""Whole releases on an endpoint of real processes, among callers who lose nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.clock import Clock
from {{cookiecutter.package_name}}.deployment.release import champions, journal, machine, person, rollback
from {{cookiecutter.package_name}}.deployment.release.journal import (
    BACK,
    DONE,
    REFUSED,
    Release,
    ReleaseError,
)
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import install
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.workspace import Workspace

from . import fleet, people

pytestmark = pytest.mark.integration


def pause() -> None:
    time.sleep(0.1)


@pytest.fixture(scope="module")
def served(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose endpoint serves version 1."""
    repo = fleet.copied(root, tmp_path_factory.mktemp("served") / "repo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repo)
        world = people.moving(fleet.world_of(repo))
        with fleet.endpoint(world, "--replay"):
            ended = machine.follow(world, machine.start(world, "1"), pause)
            assert ended.status == DONE, ended.said
            assert dict(world.endpoint.current().traffic) == {"blue": 100}
            yield world


def plan(world: World, old: str = "", new: str = "") -> None:
    """What release.toml says for the releases to come."""
    assert old in fleet.PLAN
    (world.root / "release.toml").write_text(fleet.PLAN.replace(old, new) if old else fleet.PLAN, encoding="utf-8")


def released(world: World, version: str, right: str) -> Release:
    """Release a version among callers for whom `right` is right; none of them may be without an answer."""
    with people.calling(world, right) as them:
        ended = machine.follow(world, machine.start(world, version), pause)
    assert them.counts.failed == []
    assert them.counts.requests > 0
    return ended


def serving(world: World) -> str:
    """The version of dev that has all traffic."""
    have = world.endpoint.current()
    (name,) = have.traffic
    digest = have.deployments[name].digest
    return next(it.number for it in world.registry(world.dev).versions() if it.sha256 == digest)


def test_a_better_one_takes_over_once_a_person_says_yes_and_one_command_goes_back(served: World) -> None:
    plan(served, "[shadow]", "approval = true\n[shadow]")
    asked: list[str] = []

    def says_yes() -> None:
        """Says yes as soon as he is asked, and looks at what has happened by then."""
        found = journal.current(served.prod)
        assert found is not None
        if found.step == "approve" and not asked:
            asked.append(str(dict(served.endpoint.current().traffic)))
            assert "a person must say" in found.said
            person.approve(served)
        pause()

    with people.calling(served, "2") as them:
        ended = machine.follow(served, machine.start(served, "2"), says_yes)
    assert them.counts.failed == []
    assert ended.status == DONE, ended.said
    assert asked == ["{'blue': 100}"], "nobody had an answer of it before"
    assert (serving(served), champions.number(served)) == ("2", "2")
    assert served.registry(served.dev).aliases()["champion"] == "2", "the gate compares with what serves"
    plan(served)
    gone = rollback.run(served, "a test")
    assert (gone.version, gone.was) == ("1", "2")
    assert (serving(served), served.registry(served.dev).aliases()["champion"]) == ("1", "1")
    assert [it.action for it in served.registry(served.prod).history()][-2:] == ["release", "rollback"]


def test_a_worse_one_goes_away_again_and_nobody_is_left_with_it(served: World) -> None:
    before = serving(served)
    plan(served, "[shadow]", "[shadow]\npercent = 0")
    ended = released(served, "3", right=before)
    assert ended.status == BACK, ended.said
    assert "surely worse" in ended.said
    have = served.endpoint.current()
    assert serving(served) == before
    assert len(have.deployments) == 1
    assert dict(have.mirror) == {}


def test_one_that_does_not_come_up_is_refused_and_has_no_traffic(
    served: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(served)
    before, real = serving(served), install.files

    def spoilt(place: Workspace, wanted: str, clock: Clock, by: str = "", reason: str = "") -> Path:
        """Accepted, and then its file goes bad on the disk."""
        folder = real(place, wanted, clock, by, reason)
        path = folder / handoff.MODEL
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1])
        return folder

    monkeypatch.setattr(install, "files", spoilt)
    ended = released(
        served, "2", right=before
    )  # of version 3 a process may still run, which loaded it when it was good
    assert ended.status == REFUSED, ended.said
    assert serving(served) == before
    assert not any(change.after.traffic.get("green") for change in served.endpoint.history()[-3:])


def test_an_abort_in_the_middle_is_the_last_word(served: World) -> None:
    plan(served, "pairs = 20", "pairs = 1500")
    before = serving(served)
    with people.calling(served, before) as them:
        release = machine.start(served, "2")
        ended: list[Release] = []
        other = threading.Thread(target=lambda: ended.append(machine.follow(served, release, pause)))
        other.start()
        fleet.until(lambda: served.endpoint.current().mirror)
        done = person.abort(served, "enough")
        other.join(60)
    assert them.counts.failed == []
    assert (done.status, ended[0].status) == (BACK, BACK)
    assert serving(served) == before
    assert dict(served.endpoint.current().mirror) == {}
    assert journal.current(served.prod) is None


def test_what_serves_already_is_not_released_again(served: World) -> None:
    with pytest.raises(ReleaseError, match="is served already"):
        machine.start(served, serving(served))


def test_a_release_that_nobody_calls_goes_no_further(served: World) -> None:
    plan(served)
    waiting = machine.advance(served, machine.start(served, "2"))
    assert (waiting.status, waiting.step) == (journal.OPEN, "shadow 50 %")
    served.clock.advance(timedelta(days=15))  # type: ignore[attr-defined]
    assert machine.advance(served, waiting).status == journal.EQUAL
