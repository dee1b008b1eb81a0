"""The schedules of `schedules.toml` for Azure Machine Learning: as files that its tools read, or created there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from . import azure, cron, pipeline
from .schedules import FILE, Schedule, ScheduleError, Schedules

FOLDER = Path("azure", "schedules")
START = datetime(2026, 1, 1, tzinfo=UTC)  # of what recurs by a length: the first of its instants from then on
UNITS = (
    ("week", timedelta(weeks=1)),
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)
HEAD = (
    f"# Derived from {FILE}: `mlops schedules export` writes it anew. `mlops schedules apply` creates it with the\n"
    "# commit of its runs; created by other tools, the step `register` refuses them: nobody can tell their code.\n"
)


def files(found: Schedules) -> dict[Path, str]:
    """Path -> text of each schedule that is switched on."""
    return {FOLDER / f"{it.name}.yml": rendered(it) for it in found.enabled}


def rendered(schedule: Schedule) -> str:
    """One file."""
    path = f"../{pipeline.FOLDER.name}/{schedule.pipeline}.yml"
    job = {"type": "pipeline", "job": path, "inputs": dict(schedule.inputs)} if schedule.inputs else path
    content = {"name": schedule.name, "trigger": trigger(schedule), "create_job": job}
    return HEAD + str(yaml.safe_dump(content, sort_keys=False, width=120))


def trigger(schedule: Schedule) -> dict[str, Any]:
    """When it recurs, in Azure's words. Raises `ScheduleError` for what Azure would read otherwise."""
    if schedule.every is not None:
        unit, size = next((name, size) for name, size in UNITS if schedule.every % size == timedelta(0))
        start = schedule.calendar.following(START - timedelta(seconds=1)) or START
        first = {"start_time": f"{start:%Y-%m-%dT%H:%M:%S}", "time_zone": "UTC"}
        return {"type": "recurrence", "frequency": unit, "interval": schedule.every // size, **first}
    fields = (schedule.cron or "").split()
    if fields[2:4] != ["*", "*"]:
        wrong = f"{FILE}: {schedule.name} names days of the month or months, which Azure reads as any"
        raise ScheduleError(
            wrong, fix="let * stand for both; or leave it to `mlops schedules run` and switch it off here"
        )
    days = {it % 7 for it in cron.values(fields[4], cron.FIELDS[4])}
    weekday = "*" if len(days) == 7 else ",".join(map(str, sorted(days)))
    return {
        "type": "cron",
        "expression": " ".join([*fields[:2], "*", "*", weekday]),
        "time_zone": windows(schedule.calendar.timezone),
    }


def windows(zone: str) -> str:
    """The name by which Azure knows a time zone. Raises `ScheduleError` for one that it does not."""
    from tzlocal.windows_tz import tz_win

    if zone == "UTC":
        return zone
    if zone not in tz_win:
        raise ScheduleError(f"{FILE}: Azure knows no time zone {zone!r}", fix="name one such as Europe/Paris")
    return str(tz_win[zone])


def apply(root: Path, found: Schedules, echo: azure.Echo, client: Any = None) -> None:
    """Create or change the schedules on Azure, each with a job of the code that is committed here.

    One that is switched off is switched off there, if it is there. Raises `AzureError`.
    """
    client = client or azure.connect(root)
    library = azure.sdk()
    for it in found.schedule:
        if not it.enabled:
            switch_off(client, it, echo)
            continue
        cause = f"schedule {it.name} on Azure"
        job = azure.job_of(pipeline.named(root, it.pipeline), it.inputs, cause, client)
        words = trigger(it)
        kind = {"cron": library.entities.CronTrigger, "recurrence": library.entities.RecurrenceTrigger}[
            words.pop("type")
        ]
        with azure.asked(f"take the schedule {it.name}"):
            wanted = library.entities.JobSchedule(name=it.name, trigger=kind(**words), create_job=job)
            client.schedules.begin_create_or_update(wanted).result()
        echo(f"{it.name}: {it.sentence}")


def switch_off(client: Any, schedule: Schedule, echo: azure.Echo) -> None:
    """Switch a schedule off, where Azure has it."""
    from azure.core.exceptions import ResourceNotFoundError

    with azure.asked(f"switch off the schedule {schedule.name}"):
        try:
            client.schedules.get(schedule.name)
        except ResourceNotFoundError:
            return
        client.schedules.begin_disable(schedule.name).result()
    echo(f"{schedule.name}: switched off")
