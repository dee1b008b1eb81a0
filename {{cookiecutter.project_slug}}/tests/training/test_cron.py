"""When something recurs: as cron means it, once in each night, also when clocks are set back or forward."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from {{cookiecutter.package_name}}.training import cron
from {{cookiecutter.package_name}}.training.cron import Calendar

PARIS = "Europe/Paris"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(calendar: Calendar, after: str, count: int) -> list[str]:
    """The next instants in UTC, as text."""
    found, last = [], at(after)
    for _ in range(count):
        following = calendar.following(last)
        assert following is not None
        last = following
        found.append(f"{last:%m-%d %H:%M}")
    return found


# cron line, time zone, after when, the instants that follow
NEXT = {
    "each day": ("17 3 * * *", "UTC", "2025-01-01 03:17", ["01-02 03:17", "01-03 03:17"]),
    "each quarter of an hour": ("*/15 * * * *", "UTC", "2025-01-01 00:14", ["01-01 00:15", "01-01 00:30"]),
    "a list and a range": ("0 8-10,20 * * *", "UTC", "2025-01-01 09:00", ["01-01 10:00", "01-01 20:00"]),
    "a range with a step": ("0 8-20/6 * * *", "UTC", "2025-01-01 00:00", ["01-01 08:00", "01-01 14:00", "01-01 20:00"]),
    "working days": ("0 9 * * 1-5", "UTC", "2025-10-03 09:00", ["10-06 09:00", "10-07 09:00"]),
    "Sunday is 0": ("0 9 * * 0", "UTC", "2025-10-01 00:00", ["10-05 09:00"]),
    "Sunday is 7": ("0 9 * * 7", "UTC", "2025-10-01 00:00", ["10-05 09:00"]),
    "Friday to Sunday": (
        "0 9 * * 5-7",
        "UTC",
        "2025-10-03 00:00",
        ["10-03 09:00", "10-04 09:00", "10-05 09:00", "10-10 09:00"],
    ),
    "names": ("0 9 * feb mon", "UTC", "2025-01-01 00:00", ["02-03 09:00"]),
    "the 13th or a Friday": ("0 9 13 * 5", "UTC", "2025-10-04 00:00", ["10-10 09:00", "10-13 09:00", "10-17 09:00"]),
    "a leap day": ("0 0 29 2 *", "UTC", "2025-01-01 00:00", ["02-29 00:00"]),
    "in a zone": ("0 3 * * *", PARIS, "2025-07-01 00:00", ["07-01 01:00"]),
    # clocks go forward from 2 to 3 on 30 March, and back from 3 to 2 on 26 October
    "an hour that is not there": ("30 2 * * *", PARIS, "2025-03-29 02:00", ["03-30 01:30", "03-31 00:30"]),
    "an hour that is there twice": ("30 2 * * *", PARIS, "2025-10-25 01:00", ["10-26 00:30", "10-27 01:30"]),
    "every hour, forward": ("0 * * * *", PARIS, "2025-03-29 23:30", ["03-30 00:00", "03-30 01:00", "03-30 02:00"]),
    "every hour, back": ("0 * * * *", PARIS, "2025-10-25 23:30", ["10-26 00:00", "10-26 01:00", "10-26 02:00"]),
    "from the second of two equal hours": ("30 2 * 3,10 *", PARIS, "2025-10-31 12:00", ["03-01 01:30"]),
}


@pytest.mark.parametrize(("line", "zone", "after", "wanted"), NEXT.values(), ids=NEXT)
def test_what_follows(line: str, zone: str, after: str, wanted: list[str]) -> None:
    assert times(Calendar(line, zone), after, len(wanted)) == wanted


@pytest.mark.parametrize("zone", ["UTC", PARIS, "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("line", ["30 2 * * *", "45 1 * * *", "5 0 * * *"])
def test_a_nightly_schedule_comes_once_in_each_night_of_a_year(line: str, zone: str) -> None:
    calendar, found, last = Calendar(line, zone), 0, at("2025-01-01 00:00")
    while (following := calendar.following(last)) is not None and following < at("2026-01-01 00:00"):
        assert timedelta(hours=22) < following - last < timedelta(hours=26) or not found
        last, found = following, found + 1
    assert found == 365


def test_a_length_of_time_passes_whatever_a_clock_shows() -> None:
    every = Calendar(every=timedelta(hours=6))
    assert times(every, "2025-03-29 23:00", 3) == ["03-30 00:00", "03-30 06:00", "03-30 12:00"]
    assert times(every, "2025-03-30 00:00", 1) == ["03-30 06:00"]


@pytest.mark.parametrize(
    ("calendar", "after", "until", "wanted"),
    [
        (Calendar("17 3 * * *"), "2025-01-01 03:17", "2025-01-02 03:16", None),
        (Calendar("17 3 * * *"), "2025-01-01 03:17", "2025-01-02 03:17", "2025-01-02 03:17"),
        (Calendar("17 3 * * *"), "2025-01-01 03:17", "2025-02-01 12:00", "2025-02-01 03:17"),
        (Calendar("0 0 1 1 *"), "2020-06-01 00:00", "2025-12-31 00:00", "2025-01-01 00:00"),
        (Calendar("* * * * *"), "2020-06-01 00:00", "2025-12-31 00:00", "2025-12-31 00:00"),
        (Calendar(every=timedelta(days=1)), "2025-01-01 00:00", "2025-01-09 23:00", "2025-01-09 00:00"),
    ],
    ids=["not yet", "just now", "many missed", "rare", "frequent", "a length"],
)
def test_the_last_that_has_come(calendar: Calendar, after: str, until: str, wanted: str | None) -> None:
    assert calendar.latest(at(after), at(until)) == (at(wanted) if wanted else None)


WRONG = {
    "too few fields": ("0 3 * *", "has 4 fields and not 5"),
    "out of bounds": ("0 24 * * *", "'24' for its hour, which goes from 0 to 23"),
    "minute 60": ("60 3 * * *", "'60' for its minute"),
    "day 0": ("0 3 0 * *", "'0' for its day of the month"),
    "weekday 8": ("0 3 * * 8", "'8' for its weekday"),
    "a name of another field": ("0 3 * mon *", "'mon' for its month"),
    "backwards": ("0 5-3 * * *", "goes backwards in its hour: 5-3"),
    "a step of nothing": ("*/0 3 * * *", "'*/0' for its minute"),
    "a step from one value": ("5/15 3 * * *", "'5/15' for its minute"),
    "an empty part": ("0,,5 3 * * *", "'' for its minute"),
    "what only others know": ("0 3 L * *", "'l' for its day of the month"),
}


@pytest.mark.parametrize(("line", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_line_is_refused_by_the_field(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        cron.fields(line)
