"""Sums of records: what DuckDB counts too, and each line once, whoever is killed, reads twice or writes late."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deployment.serving.test_records import BATCH

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import joined
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.operations.metrics import growing, read, totals
from {{cookiecutter.package_name}}.operations.metrics.totals import Sums
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

CLOCK = SimulatedClock(made.AT)


def counted(place: Workspace, metric: str, part: str = totals.COUNT, at: Any = CLOCK) -> float:
    """The sum over all labels, after a reading."""
    read.catch_up(place, at)
    with totals.opened(place) as connection:
        return sum(parts.get(part, 0.0) for parts in totals.read(connection).get(metric, {}).values())


def labels(place: Workspace, metric: str) -> dict[tuple[str, ...], float]:
    with totals.opened(place) as connection:
        return {key: parts[totals.COUNT] for key, parts in totals.read(connection)[metric].items()}


def outputs(place: Workspace) -> list[Path]:
    return sorted(Layout(place).records.glob("*/model_outputs/*/*/*/*/*.jsonl"))


def test_the_sums_are_those_of_the_joined_table(world: World) -> None:
    place = world.prod
    notes = made.many(300)
    made.keep(place, notes)
    made.keep(place, [replace(it, event=f"{it.event}-shadow", shadow=True, deployment="green") for it in notes[::3]])
    made.keep(place, [made.note(f"bad{number}", number, status=422 + 78 * (number % 2)) for number in range(10)])
    made.tell(place, {f"e{number}": number % 50 + 2.0 for number in range(0, 300, 2)})
    table = joined.read(place, forced=True)
    answered = table[table["status"] == 200]
    known = answered[answered["outcome"].notna()]
    assert counted(place, "mlops.requests") == len(table) == 410
    assert counted(place, "mlops.predictions") == len(answered) == 400
    assert counted(place, "mlops.prediction.value", totals.SUM) == pytest.approx(answered["prediction"].sum())
    assert counted(place, "mlops.prediction.error") == len(known) == 200
    errors = (known["prediction"] - known["outcome"]).abs().sum()
    assert counted(place, "mlops.prediction.error", totals.SUM) == pytest.approx(errors)
    assert counted(place, "mlops.request.duration", totals.SUM) == pytest.approx(table["latency_ms"].sum() / 1000)
    assert labels(place, "mlops.request.errors") == {
        ("blue", "3", "live", "failed"): 5, ("blue", "3", "live", "refused"): 5,
    }  # fmt: skip
    assert labels(place, "mlops.predictions")["green", "3", "shadow", ""] == 100


def test_a_second_reading_adds_nothing_and_opens_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made.keep(world.prod, made.many(50))
    assert read.catch_up(world.prod, CLOCK) == 50
    monkeypatch.delattr(growing, "whole")
    assert counted(world.prod, "mlops.requests") == 50


def test_what_comes_is_added(world: World) -> None:
    made.keep(world.prod, made.many(50))
    assert counted(world.prod, "mlops.requests") == 50
    made.keep(world.prod, made.many(7, first=50))
    assert read.catch_up(world.prod, CLOCK) == 7
    assert counted(world.prod, "mlops.requests") == 57


def test_more_than_a_batch_is_read_batch_by_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "BATCH", 7)
    monkeypatch.setattr(growing, "whole", lambda path, offset, whole=growing.whole: whole(path, offset, 500))
    made.keep(world.prod, made.many(100))
    assert read.catch_up(world.prod, CLOCK) == 100
    assert counted(world.prod, "mlops.requests") == 100


def test_a_line_that_is_being_written_waits_for_its_end(world: World) -> None:
    made.keep(world.prod, made.many(3))
    (path,) = outputs(world.prod)
    data = path.read_bytes()
    path.write_bytes(data[:-10])
    assert counted(world.prod, "mlops.requests") == 2
    path.write_bytes(data)
    assert counted(world.prod, "mlops.requests") == 3
    assert counted(world.prod, "mlops.records.unreadable") == 0


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"{}", b'{"data":[{}],"modelversion":"1"}', b'{"data":5,"modelversion":"1"}']
)
def test_a_line_that_is_none_is_counted_and_the_next_one_read(world: World, line: bytes) -> None:
    made.keep(world.prod, made.many(1))
    (path,) = outputs(world.prod)
    path.write_bytes(line + b"\n" + path.read_bytes())
    assert counted(world.prod, "mlops.requests") == 1
    assert counted(world.prod, "mlops.records.unreadable") == 1


def test_what_is_recorded_twice_counts_once(world: World) -> None:
    made.keep(world.prod, [*made.many(5), replace(BATCH, event="b")])
    made.keep(world.prod, [*made.many(6), replace(BATCH, event="b")])
    assert counted(world.prod, "mlops.requests") == 7
    assert counted(world.prod, "mlops.predictions") == 8


def test_rows_of_a_batch_are_predictions_and_have_outcomes(world: World) -> None:
    made.keep(world.prod, [replace(BATCH, event="b")])
    made.tell(world.prod, {"b_1": 5})
    assert counted(world.prod, "mlops.prediction.error", totals.SUM) == 3


@pytest.mark.parametrize("first", ["prediction", "outcome"])
def test_an_outcome_finds_its_prediction_whichever_comes_first(world: World, first: str) -> None:
    steps: list[Callable[[], None]] = [
        lambda: made.keep(world.prod, [made.note("e1")]), lambda: made.tell(world.prod, {"e1": 13})
    ]  # fmt: skip
    for step in steps if first == "prediction" else steps[::-1]:
        step()
        read.catch_up(world.prod, CLOCK)
    assert counted(world.prod, "mlops.prediction.error") == 1
    assert counted(world.prod, "mlops.prediction.error", totals.SUM) == 0.5


def test_of_two_outcomes_the_first_counts_and_the_sum_never_goes_down(world: World) -> None:
    made.keep(world.prod, [made.note("e1")])
    made.tell(world.prod, {"e1": 20})
    before = counted(world.prod, "mlops.prediction.error", totals.SUM)
    made.tell(world.prod, {"e1": 12.5})
    assert counted(world.prod, "mlops.prediction.error", totals.SUM) == before == 7.5
    assert counted(world.prod, "mlops.outcomes") == 1


def test_classes_are_counted_by_name_and_judged_right_or_wrong(world: World) -> None:
    answer = b'{"prediction":"long","probabilities":{"long":0.75,"short":0.25},"model":"d"}'
    made.keep(world.prod, [made.note(f"e{number}", answer=answer) for number in range(3)])
    made.tell(world.prod, {"e0": "long", "e1": "short"})
    assert counted(world.prod, "mlops.prediction.error") == 2
    assert counted(world.prod, "mlops.prediction.error", totals.SUM) == 1
    assert labels(world.prod, "mlops.predictions") == {("blue", "3", "live", "long"): 3}
    assert counted(world.prod, "mlops.prediction.value") == 0


def test_what_is_written_late_into_an_old_hour_is_found_within_the_hour(world: World) -> None:
    made.keep(world.prod, [made.note("new", minutes=60 * 24 * 9)])
    assert counted(world.prod, "mlops.requests") == 1
    made.keep(world.prod, [made.note("late")])
    clock = SimulatedClock(made.AT + read.SWEEP / 2)
    assert counted(world.prod, "mlops.requests", at=clock) == 1
    clock.advance(read.SWEEP / 2)
    assert counted(world.prod, "mlops.requests", at=clock) == 2


def test_ids_are_forgotten_in_time_and_sums_are_not(world: World) -> None:
    made.keep(world.prod, made.many(5))
    made.keep(world.prod, [made.note("new", minutes=read.KEPT.total_seconds() / 60 + 60 * 24)])
    assert counted(world.prod, "mlops.requests") == 6
    with totals.opened(world.prod) as connection:
        assert connection.execute("SELECT count(*) FROM seen").fetchone()[0] == 1
    made.tell(world.prod, {"e1": 1, "new": 13}, made.AT + read.KEPT + timedelta(days=1))
    assert counted(world.prod, "mlops.prediction.error") == 1
    assert counted(world.prod, "mlops.requests") == 6


def test_two_who_read_at_once_count_each_line_once(world: World) -> None:
    made.keep(world.prod, made.many(400))
    readers = [threading.Thread(target=read.catch_up, args=(world.prod, CLOCK)) for _ in range(4)]
    for it in readers:
        it.start()
    for it in readers:
        it.join()
    assert counted(world.prod, "mlops.requests") == 400


# --- killed between reading and commit

CONTEXT = multiprocessing.get_context("fork") if hasattr(os, "fork") else multiprocessing.get_context()


@contextmanager
def apart(connection: Any) -> Iterator[Any]:
    """A transaction that is none: each statement counts at once."""
    yield connection


def dying(place: Workspace, when: str, whole: bool) -> None:
    """In a process of its own: read, and die `before` the sums are written, or `after` that and before the commit."""
    write = Sums.write

    def die(sums: Sums, connection: Any) -> None:
        if when == "after":
            write(sums, connection)
        os.kill(os.getpid(), signal.SIGKILL)

    Sums.write = die  # type: ignore[method-assign,assignment]
    if not whole:
        read.transaction = apart  # type: ignore[attr-defined]
    read.catch_up(place, CLOCK)


def killed(place: Workspace, when: str, whole: bool = True) -> None:
    child = CONTEXT.Process(target=dying, args=(place, when, whole))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL


@pytest.mark.integration
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reader_that_is_killed_loses_nothing_and_counts_nothing_twice(world: World, when: str) -> None:
    made.keep(world.prod, made.many(40))
    assert counted(world.prod, "mlops.requests") == 40
    made.keep(world.prod, made.many(30, first=40))
    made.tell(world.prod, {"e1": 3, "e41": 50})
    for _ in range(2):
        killed(world.prod, when)
    assert counted(world.prod, "mlops.requests") == 70
    assert counted(world.prod, "mlops.prediction.error", totals.SUM) == 2 + 9
    assert counted(world.prod, "mlops.outcomes") == 2


@pytest.mark.integration
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_without_the_transaction_that_would_be_seen(world: World) -> None:
    made.keep(world.prod, made.many(40))
    killed(world.prod, "before", whole=False)
    assert counted(world.prod, "mlops.requests") == 0


def test_the_ids_of_a_day_are_numbers_apart() -> None:
    assert len({totals.numbered(f"e{number}") for number in range(10_000)}) == 10_000
