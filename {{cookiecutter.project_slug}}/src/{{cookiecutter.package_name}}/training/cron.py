"""When something recurs: a cron line in a time zone, or a fixed length of time. The calendar is APScheduler's.

Cron lines mean what they mean to cron: Sunday is 0 and 7, and where both the day of the month and the weekday are
restricted, either will do. APScheduler alone reads both otherwise, and leaves out a night after clocks were set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Protocol
from zoneinfo import ZoneInfo

ANCHOR = datetime(1970, 1, 1, tzinfo=UTC)  # of fixed lengths: the same instants whoever counts them
TICK = timedelta(microseconds=1)
NEAR = timedelta(hours=4)  # more than any clock is ever set
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True)
class Field:
    """A field of a cron line: its bounds, and names for its values from `low` on."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("weekday", 0, 7, WEEKDAYS),
)


class Trigger(Protocol):
    """What APScheduler's trigger classes offer."""

    def get_next_fire_time(self, previous_fire_time: None, now: datetime) -> datetime | None: ...


@dataclass(frozen=True)
class Calendar:
    """The instants of a schedule: of `cron` in `timezone`, or each `every` since 1970. Both have been checked."""

    cron: str = ""
    timezone: str = "UTC"
    every: timedelta | None = None

    def following(self, after: datetime) -> datetime | None:
        """The first instant after `after`, in UTC; None where there is none."""
        found = [time for trigger in self.triggers if (time := self.first(trigger, after)) is not None]
        return min(found, default=None)

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """The last instant after `after` and not after `until`, in UTC."""
        window = timedelta(hours=1)
        while True:
            start = max(after, until - window)
            found, at = None, self.following(start)
            while at is not None and at <= until:
                found, at = at, self.following(at)
            if found is not None or start <= after:
                return found
            window *= 4

    @cached_property
    def triggers(self) -> tuple[Trigger, ...]:
        """APScheduler's calendars for it, of which each instant counts."""
        if self.every is not None:
            from apscheduler.triggers.interval import IntervalTrigger

            return (IntervalTrigger(seconds=int(self.every.total_seconds()), start_date=ANCHOR, timezone=UTC),)
        from apscheduler.triggers.cron import CronTrigger

        return tuple(CronTrigger(timezone=UTC, second=0, **words) for words in fields(self.cron))

    def first(self, trigger: Trigger, after: datetime) -> datetime | None:
        """A trigger's next instant. It turns the hands of a clock that is never set, and we read the real one."""
        zone = ZoneInfo(self.timezone if self.every is None else "UTC")
        before, later = ((after + shift).astimezone(zone).utcoffset() for shift in (-NEAR, NEAR))
        hands = (after if before == later else after - NEAR).astimezone(zone).replace(tzinfo=UTC, fold=0)
        best: datetime | None = None
        while (shown := trigger.get_next_fire_time(None, hands + TICK)) is not None:
            hands = shown
            for at in self.instants(shown.replace(tzinfo=zone)):
                if at > after and (best is None or at < best):
                    best = at
            if best is not None and (before == later or shown.replace(tzinfo=zone).astimezone(UTC) - best > NEAR):
                break
        return best

    def instants(self, shown: datetime) -> Iterator[datetime]:
        """When a clock shows this. What has a fixed hour comes once also where the clock shows it twice, or never."""
        first, second = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        if first == second or not self.hourly:
            yield first
        elif first < second:  # set back: it is shown twice
            yield from (first, second)

    @property
    def hourly(self) -> bool:
        """Whether it follows the hours that pass and not the hand of the clock."""
        return self.every is not None or self.cron.split()[1].startswith("*")


def fields(line: str) -> list[dict[str, Any]]:
    """A cron line as APScheduler's words: one set of them, or two of which either will do.

    Raises `ValueError` naming the field that is wrong.
    """
    texts = line.split()
    if len(texts) != len(FIELDS):
        raise ValueError(f"has {len(texts)} fields and not 5: minute, hour, day of the month, month, weekday")
    found = [values(text, field) for text, field in zip(texts, FIELDS, strict=True)]
    minute, hour, day, month = (",".join(map(str, it)) for it in found[:4])
    weekday = ",".join(dict.fromkeys(WEEKDAYS[it % 7] for it in found[4]))
    base = {"minute": minute, "hour": hour, "month": month}
    if texts[2].startswith("*") or texts[4].startswith("*"):
        return [{**base, "day": day, "day_of_week": weekday}]
    return [{**base, "day": day}, {**base, "day_of_week": weekday}]


def values(text: str, field: Field) -> list[int]:
    """All values that a field's text stands for: `*`, `*/15`, `1-5`, `1-9/2`, `mon,wed`. Raises `ValueError`."""
    found: set[int] = set()
    for part in text.lower().split(","):
        match = re.fullmatch(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?", part)
        if not match or (match[4] and match[2] and not match[3]) or match[4] == "0":
            raise ValueError(f"has {part!r} for its {field.name}; such as *, */15, 1-5, or 1,4 will do")
        low = field.low if match[1] else number(match[2], field)
        high = field.high if match[1] else number(match[3] or match[2], field)
        if low > high:
            raise ValueError(f"goes backwards in its {field.name}: {part}")
        found |= set(range(low, high + 1, int(match[4] or 1)))
    return sorted(found)


def number(text: str, field: Field) -> int:
    """A value, by number or by name. Raises `ValueError` for one that is out of bounds."""
    if text in field.names:
        return field.names.index(text) + field.low
    if not text.isdecimal() or not field.low <= int(text) <= field.high:
        raise ValueError(f"has {text!r} for its {field.name}, which goes from {field.low} to {field.high}")
    return int(text)
