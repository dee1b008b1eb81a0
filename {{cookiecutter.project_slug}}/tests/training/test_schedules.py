"""`schedules.toml` is read strictly; what is due is asked for once, whoever looks and whatever was missed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.training import requests, schedules, started, ticks
from {{cookiecutter.package_name}}.training.schedules import ScheduleError, Schedules
from {{cookiecutter.package_name}}.workspace import Workspace, database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NIGHTLY = '[[schedule]]\nname = "nightly"\ncron = "17 3 * * *"\n'


def parsed(tmp_path: Path, text: str) -> Schedules:
    (tmp_path / "schedules.toml").write_text(text, encoding="utf-8")
    return schedules.load(tmp_path)


# --- the file


def test_the_file_of_this_repo_can_be_started(root: Path) -> None:
    found = schedules.load(root)
    assert found.enabled
    assert found.started_by("Mlops.DataLanded")
    started.check(root, found)


def test_without_a_file_nothing_recurs(tmp_path: Path) -> None:
    assert schedules.load(tmp_path) == Schedules()


WRONG = {
    "no TOML": ("[[schedule]\n", "is not TOML"),
    "another table": ("[schedul]\n", "'schedul' is nothing that is read here"),
    "one table, not a list": ('[schedule]\nname = "x"\n', "'schedule' is nothing that is read here"),
    "a key that is none": (NIGHTLY + "enabeld = true\n", "nightly: enabeld = True is not a known key"),
    "a switch that is none": (NIGHTLY + 'enabled = "no way"\n', "nightly: enabled is 'no way'"),
    "no calendar": ('[[schedule]]\nname = "x"\n', "x: needs either cron or every"),
    "two calendars": (NIGHTLY + 'every = "6h"\n', "nightly: needs either cron or every"),
    "no name": ('[[schedule]]\ncron = "0 3 * * *"\n', "1: name is missing"),
    "a name with blanks": ('[[schedule]]\nname = "each night"\ncron = "0 3 * * *"\n', "name is 'each night'"),
    "a wrong field": (NIGHTLY.replace("17 3", "17 25"), "cron is '17 25 * * *'"),
    "a day that never comes": (NIGHTLY.replace("17 3 * * *", "0 0 31 2 *"), "cron is '0 0 31 2 *'"),
    "a zone that is none": (NIGHTLY + 'timezone = "Europe/Pariss"\n', "timezone is 'Europe/Pariss'"),
    "a zone for a length": ('[[schedule]]\nname = "x"\nevery = "6h"\ntimezone = "UTC"\n', "x: has a timezone"),
    "a length that is none": ('[[schedule]]\nname = "x"\nevery = "six"\n', "every is 'six'"),
    "too often": ('[[schedule]]\nname = "x"\nevery = "5s"\n', "every is '5s'"),
    "two of one name": (NIGHTLY + NIGHTLY, "two schedules are called nightly"),
    "an event that is none": ('[[on]]\nevent = "Mlops.DataLandet"\n', "event is 'Mlops.DataLandet'"),
    "an input that is no text": (NIGHTLY + "inputs = { policy = 3 }\n", "inputs.policy is 3"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_by_entry_key_and_value(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parsed(tmp_path, text)
    assert said in caught.value.problem


@pytest.mark.parametrize("kind", schedules.OWN)
def test_what_a_run_tells_of_itself_starts_no_run(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ScheduleError, match="without end"):
        parsed(tmp_path, f'[[on]]\nevent = "{kind}"\n')


CANNOT = {
    "a pipeline that is not there": ('pipeline = "trainin"\n', "no pipeline 'trainin'"),
    "an input that is not there": ('inputs = { champoin = "none" }\n', "no input 'champoin'"),
}


@pytest.mark.parametrize(("line", "said"), CANNOT.values(), ids=CANNOT)
def test_what_cannot_be_started_is_refused(root: Path, tmp_path: Path, line: str, said: str) -> None:
    for entry in (NIGHTLY + line, f'[[on]]\nevent = "Mlops.DataLanded"\n{line}'):
        with pytest.raises(ScheduleError, match=said):
            started.check(root, parsed(tmp_path, entry))


# --- the scheduler


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def nightly(tmp_path: Path) -> Schedules:
    return parsed(tmp_path, NIGHTLY)


def asked(place: Workspace) -> list[str]:
    """The requests' ids, oldest first."""
    with database(place.state, requests.TABLES) as connection:
        return [it.id for it in requests.latest(connection, 100)][::-1]


def done(place: Workspace) -> None:
    """As if a worker had run all that waits."""
    requests.work(place, SimulatedClock(NOON), lambda _: "run", lambda _: None)


def test_a_day_gives_exactly_one_run(place: Workspace, nightly: Schedules) -> None:
    clock = SimulatedClock(NOON)
    for _ in range(24 * 60):
        ticks.run(place, nightly, clock)
        done(place)
        clock.advance(timedelta(minutes=1))
    assert asked(place) == ["schedule nightly 2026-03-03T03:17:00+00:00"]


def test_a_new_schedule_has_missed_nothing(place: Workspace, nightly: Schedules) -> None:
    assert ticks.run(place, nightly, SimulatedClock(NOON)) == []
    assert asked(place) == []


def test_what_was_missed_is_caught_up_once(place: Workspace, nightly: Schedules) -> None:
    clock = SimulatedClock(NOON)
    ticks.run(place, nightly, clock)
    clock.advance(timedelta(days=5))
    (tick,) = ticks.run(place, nightly, clock)
    assert (tick.missed, tick.asked) == (True, True)
    assert "once for all that were missed" in tick.sentence
    assert ticks.run(place, nightly, clock) == []
    assert asked(place) == ["schedule nightly 2026-03-07T03:17:00+00:00"]


def test_a_tick_that_is_on_time_was_not_missed(place: Workspace, nightly: Schedules) -> None:
    clock = SimulatedClock(NOON)
    ticks.run(place, nightly, clock)
    clock.advance(timedelta(hours=20))
    (tick,) = ticks.run(place, nightly, clock)
    assert not tick.missed


def test_a_run_that_waits_already_will_do(place: Workspace, nightly: Schedules) -> None:
    clock = SimulatedClock(NOON)
    for _ in range(4):
        found = ticks.run(place, nightly, clock)
        clock.advance(timedelta(days=1))
    assert len(asked(place)) == 1
    assert "waits already" in found[0].sentence
    done(place)
    ticks.run(place, nightly, clock)
    assert len(asked(place)) == 2


def test_a_clock_that_is_set_back_asks_for_nothing_twice(place: Workspace, nightly: Schedules) -> None:
    clock = SimulatedClock(NOON)
    ticks.run(place, nightly, clock)
    for back in (timedelta(0), timedelta(hours=1), timedelta(hours=20)):
        ticks.run(place, nightly, SimulatedClock(NOON + timedelta(hours=16) - back))
        done(place)
    for hours in range(-4, 41):
        ticks.run(place, nightly, SimulatedClock(NOON + timedelta(hours=hours)))
        done(place)
    assert asked(place) == [f"schedule nightly 2026-03-0{day}T03:17:00+00:00" for day in (3, 4)]


def test_a_clock_that_was_years_ahead_stops_nothing(place: Workspace, nightly: Schedules) -> None:
    ticks.run(place, nightly, SimulatedClock(NOON))
    ticks.run(place, nightly, SimulatedClock(NOON + timedelta(days=4000)))
    done(place)
    ticks.run(place, nightly, SimulatedClock(NOON))
    assert len(ticks.run(place, nightly, SimulatedClock(NOON + timedelta(days=1)))) == 1


def test_another_calendar_begins_anew(tmp_path: Path, place: Workspace, nightly: Schedules) -> None:
    clock = SimulatedClock(NOON)
    ticks.run(place, nightly, clock)
    clock.advance(timedelta(days=3))
    assert ticks.run(place, parsed(tmp_path, NIGHTLY.replace("17 3", "18 3")), clock) == []


def test_what_is_switched_off_recurs_not_and_misses_nothing(
    tmp_path: Path, place: Workspace, nightly: Schedules
) -> None:
    clock = SimulatedClock(NOON)
    ticks.run(place, nightly, clock)
    clock.advance(timedelta(days=3))
    assert ticks.run(place, parsed(tmp_path, NIGHTLY + "enabled = false\n"), clock) == []
    assert ticks.run(place, nightly, clock) == []
    assert ticks.next_due(place, nightly, clock)["nightly"] == datetime(2026, 3, 6, 3, 17, tzinfo=UTC)


def test_two_schedulers_at_once_ask_once(place: Workspace, nightly: Schedules) -> None:
    ticks.run(place, nightly, SimulatedClock(NOON))
    found: list[ticks.Tick] = []
    gate = threading.Barrier(4)

    def look() -> None:
        gate.wait()
        found.extend(ticks.run(place, nightly, SimulatedClock(NOON + timedelta(days=1))))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    assert len(asked(place)) == 1


def test_a_scheduler_that_dies_before_it_is_through_has_asked_for_nothing(
    place: Workspace, nightly: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks.run(place, nightly, SimulatedClock(NOON))
    clock = SimulatedClock(NOON + timedelta(days=1))

    def die(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(requests, "add", die)
        with pytest.raises(KeyboardInterrupt):
            ticks.run(place, nightly, clock)
    assert len(ticks.run(place, nightly, clock)) == 1
    assert len(asked(place)) == 1
