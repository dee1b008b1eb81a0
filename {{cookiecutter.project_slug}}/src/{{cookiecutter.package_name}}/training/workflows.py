"""The times of `schedules.toml` in the CI provider's training workflow: only those lines are ours to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ..model.durations import format_duration
from .schedules import FILE, Schedule, ScheduleError, Schedules

PIPELINE = "training"  # what the workflows run, with the inputs that its file has
EVERY = {timedelta(days=1): "0 0 * * *", timedelta(weeks=1): "0 0 * * 4"}  # 1970 began on a Thursday


@dataclass(frozen=True)
class Workflow:
    """A provider's file, where in it the times stand, and how they are written there."""

    path: Path
    place: re.Pattern[str]
    lines: Callable[[list[Schedule]], str]

    def wanted(self, text: str, found: Schedules) -> str:
        """The file with the times of `schedules.toml`. Raises `ScheduleError` where they cannot stand there."""
        said = self.lines(carried(found))
        text, count = self.place.subn(lambda _: said, text)
        if count != 1:
            wrong = f"{self.path.as_posix()} has {count} places for the times of {FILE}"
            raise ScheduleError(wrong, fix=f"let it have one:\n{said}")
        return text


def carried(found: Schedules) -> list[Schedule]:
    """The schedules that CI can run."""
    return [it for it in found.enabled if it.pipeline == PIPELINE and not it.inputs]


def left(found: Schedules) -> list[str]:
    """The names of those that it cannot."""
    return [it.name for it in found.enabled if it not in carried(found)]


def cron_of(schedule: Schedule) -> str:
    """The cron line. Raises `ScheduleError` for a length of time that no cron line has."""
    if schedule.cron:
        return " ".join(schedule.cron.split())
    length = schedule.every or timedelta(0)
    if length in EVERY:
        return EVERY[length]
    minutes = int(length.total_seconds()) // 60
    if timedelta(minutes=minutes) == length and minutes < 60 and 60 % minutes == 0:
        return f"*/{minutes} * * * *"
    if timedelta(hours=minutes // 60) == length and 24 % (minutes // 60) == 0:
        return f"0 */{minutes // 60} * * *"
    wrong = f"{FILE}: {schedule.name} recurs every {format_duration(length)}, which no cron line does"
    raise ScheduleError(wrong, fix="choose a length that divides an hour or a day, or write it as cron")


def github(found: list[Schedule]) -> str:
    """Under `on:`."""
    if not found:
        return "  # schedule: none\n"
    lines = ["  schedule:\n"]
    for it in found:
        lines.append(f'    - cron: "{cron_of(it)}"\n')
        if it.calendar.timezone != "UTC":
            lines.append(f'      timezone: "{it.calendar.timezone}"\n')
    return "".join(lines)


def azure(found: list[Schedule]) -> str:
    """Azure DevOps knows no time zone but UTC."""
    if not found:
        return "# schedules: none\n"
    lines = ["schedules:\n"]
    for it in found:
        if it.calendar.timezone != "UTC":
            wrong = f"{FILE}: {it.name} is in {it.calendar.timezone}, and Azure DevOps counts in UTC"
            raise ScheduleError(wrong, fix='set timezone = "UTC", or let another schedule than that of CI run it')
        lines.append(f'  - cron: "{cron_of(it)}"\n    displayName: {it.name}\n')
        lines.append("    branches:\n      include: [main]\n    always: true\n")
    return "".join(lines)


def gitlab(found: list[Schedule]) -> str:
    """GitLab keeps schedules in the project's settings: the file can only say which."""
    said = [f"#   {cron_of(it)} in {it.calendar.timezone}, called {it.name}\n" for it in found]
    return "".join(["# Schedules to create under Build, Pipeline schedules:\n", *(said or ["#   none\n"])])


WORKFLOWS = (
    Workflow(
        Path(".github/workflows/train.yml"),
        re.compile(r"^  (?:schedule:\n(?:    .*\n)+|# schedule: none\n)", re.MULTILINE),
        github,
    ),
    Workflow(
        Path(".azuredevops/train.yml"),
        re.compile(r"^(?:schedules:\n(?:  .*\n)+|# schedules: none\n)", re.MULTILINE),
        azure,
    ),
    Workflow(
        Path(".gitlab/train.yml"),
        re.compile(r"^# Schedules to create under .*\n(?:#   .*\n)+", re.MULTILINE),
        gitlab,
    ),
)
