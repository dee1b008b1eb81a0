"""Whose turn it is, on a clock that only the test moves; and that a restart goes by what was written down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.errors import MlopsError
from {{cookiecutter.package_name}}.operations.loop import beats
from {{cookiecutter.package_name}}.operations.loop.rounds import Job, Rounds
from {{cookiecutter.package_name}}.workspace import Workspace

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Killed(BaseException):
    """The process ends here."""


class Bench:
    """A place, a clock, and jobs that note when they had their turns."""

    def __init__(self, root: Path) -> None:
        self.place, self.clock = Workspace(root), SimulatedClock(AT)
        self.turns: list[tuple[str, int]] = []
        self.said: list[str] = []

    def job(self, name: str, minutes: int, does: Callable[[], str] = lambda: "", *, long: bool = False) -> Job:
        def work() -> str:
            self.turns.append((name, int((self.clock.now() - AT).total_seconds())))
            return does()

        return Job(name, minutes * MINUTE, work, long)

    def rounds(self, *jobs: Job, apart: bool = False) -> Rounds:
        return Rounds(self.place, self.clock, jobs, self.said.append, apart)

    def pass_by(self, rounds: Rounds, seconds: int, step: int = 10) -> None:
        for _ in range(seconds // step):
            rounds.once()
            self.clock.advance(timedelta(seconds=step))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_each_job_has_its_own_rhythm(bench: Bench) -> None:
    bench.pass_by(bench.rounds(bench.job("often", 1), bench.job("seldom", 5)), 600)
    assert [at for name, at in bench.turns if name == "often"] == list(range(0, 600, 60))
    assert [at for name, at in bench.turns if name == "seldom"] == [0, 300]


def test_a_restart_goes_by_what_was_written_down(bench: Bench) -> None:
    bench.rounds(bench.job("seldom", 5)).once()
    bench.pass_by(bench.rounds(bench.job("seldom", 5)), 290)
    assert bench.turns == [("seldom", 0)]
    bench.pass_by(bench.rounds(bench.job("seldom", 5)), 20)
    assert bench.turns == [("seldom", 0), ("seldom", 300)]


def test_a_turn_that_was_killed_is_taken_again_at_once(bench: Bench) -> None:
    def dies() -> str:
        raise Killed

    with pytest.raises(Killed):
        bench.rounds(bench.job("seldom", 5, dies)).once()
    assert beats.read(bench.place)["seldom"].over is None
    bench.rounds(bench.job("seldom", 5)).once()
    assert bench.turns == [("seldom", 0), ("seldom", 0)]


def test_what_fails_is_said_once_tried_ever_more_slowly_and_keeps_nobody(bench: Bench) -> None:
    def fails() -> str:
        raise MlopsError("the source is gone", fix="mend it")

    rounds = bench.rounds(bench.job("broken", 5, fails), bench.job("sound", 1))
    bench.pass_by(rounds, 600)
    broken = [at for name, at in bench.turns if name == "broken"]
    assert broken[:5] == [0, 20, 60, 140, 300]
    assert len([name for name, _ in bench.turns if name == "sound"]) == 10
    assert [line for line in bench.said if "source is gone" in line] == bench.said
    assert len(bench.said) == 1
    found = beats.read(bench.place)["broken"]
    assert (found.failures, found.well) == (len(broken), None)
    assert "the source is gone" in found.wrong


def test_once_it_goes_well_again_it_keeps_its_rhythm_and_its_last_words(bench: Bench) -> None:
    words = iter(["3 rows", "", ""])
    trouble = [MlopsError("gone", fix="mend it")]

    def work() -> str:
        if bench.clock.now() > AT and trouble:
            raise trouble.pop()
        return next(words)

    bench.pass_by(bench.rounds(bench.job("ingest", 1, work)), 150)
    assert [at for _, at in bench.turns] == [0, 60, 80, 140]
    found = beats.read(bench.place)["ingest"]
    assert (found.said, found.wrong, found.failures) == ("3 rows", "", 0)
    assert (bench.said[0], len(bench.said)) == ("ingest: 3 rows", 2)


def test_a_mistake_of_ours_is_not_hidden(bench: Bench) -> None:
    def mistaken() -> str:
        raise KeyError("a name that we forgot")

    with pytest.raises(KeyError):
        bench.rounds(bench.job("broken", 5, mistaken)).once()


def test_a_long_job_keeps_nobody_and_is_not_begun_twice(bench: Bench) -> None:
    go, began = threading.Event(), threading.Event()

    def waits() -> str:
        began.set()
        go.wait(60)
        return "done"

    rounds = bench.rounds(bench.job("long", 1, waits, long=True), bench.job("short", 1), apart=True)
    rounds.once()
    assert began.wait(60)
    bench.pass_by(rounds, 180)
    assert [name for name, _ in bench.turns].count("long") == 1
    assert [name for name, _ in bench.turns].count("short") == 3
    assert rounds.finish(0) == ["long"]
    go.set()
    assert rounds.finish(60) == []
    assert beats.read(bench.place)["long"].said == "done"


def test_it_sleeps_until_somebody_is_due(bench: Bench) -> None:
    rounds = bench.rounds(bench.job("one", 1), bench.job("other", 5))
    rounds.once()
    assert rounds.pause(most=600) == 60
    assert rounds.pause() == 10
    bench.clock.advance(timedelta(seconds=57))
    assert rounds.pause() == 3
    bench.clock.advance(timedelta(seconds=57))
    assert rounds.pause() == 0.05
