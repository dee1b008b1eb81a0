"""`schedules.toml`: when and upon what a pipeline runs by itself."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ..errors import MlopsError
from ..events import schemas
from ..model.durations import format_duration
from ..model.messages import choices, explain
from ..model.project import Duration
from . import cron
from .cron import Calendar

FILE = "schedules.toml"
SHORTEST = timedelta(minutes=1)
NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # from then on at the latest an instant must come
# what a run tells of itself: started by these, a pipeline would start itself without end
OWN = (schemas.RUN_STATUS_CHANGED, schemas.RUN_COMPLETED, schemas.MODEL_REGISTERED)
STARTERS = tuple(kind for kind in schemas.TYPES if kind not in OWN)


class ScheduleError(MlopsError):
    """`schedules.toml`, or what is derived from it, is not as it should be."""


def wrong(said: str) -> PydanticCustomError:
    """A finding in our own words."""
    return PydanticCustomError("schedule", "{said}", {"said": said})


def line_of_cron(text: str) -> str:
    """A cron line whose fields are in bounds and which comes at some time."""
    try:
        cron.fields(text)
    except ValueError as error:
        raise wrong(str(error)) from None
    if Calendar(text).following(NEVER) is None:
        raise wrong("names a day that no year has")
    return text


def known_zone(name: str) -> str:
    """A name of the time zone database."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise wrong("is no time zone, such as Europe/Paris or UTC") from None
    return name


def known_event(kind: str) -> str:
    """An event that may start a pipeline."""
    if kind in OWN:
        raise wrong(f"is told by each run, which would start the next one without end; {choices('', STARTERS)}")
    if kind not in STARTERS:
        raise wrong(f"is no event that is told here; {choices(kind, STARTERS)}")
    return kind


def long_enough(length: timedelta) -> timedelta:
    if length < SHORTEST:
        raise wrong("is shorter than a minute")
    return length


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]


class Part(BaseModel):
    """What runs: a pipeline of azure/pipelines by its name, with inputs. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    pipeline: Annotated[str, StringConstraints(pattern=r"^[\w-]+$")] = "training"
    inputs: dict[str, str] = {}
    enabled: bool = True


class Schedule(Part):
    """A pipeline that recurs: at the times of a cron line in a time zone, or each length of time."""

    name: Name
    cron: Annotated[str, AfterValidator(line_of_cron)] | None = None
    timezone: Annotated[str, AfterValidator(known_zone)] | None = None
    every: Annotated[Duration, AfterValidator(long_enough)] | None = None

    @model_validator(mode="after")
    def one_calendar(self) -> Self:
        if (self.cron is None) == (self.every is None):
            raise wrong("needs either cron or every, and not both")
        if self.every is not None and self.timezone is not None:
            raise wrong("has a timezone, and every counts time that passes, whatever a clock shows")
        return self

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(self.cron or "", self.timezone or "UTC", self.every)

    @property
    def sentence(self) -> str:
        """When it recurs, for people; another one is another calendar."""
        return f"every {format_duration(self.every)}" if self.every else f"{self.cron} in {self.calendar.timezone}"


class On(Part):
    """A pipeline that an event starts."""

    event: Annotated[str, AfterValidator(known_event)]


class Schedules(BaseModel):
    """`schedules.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    schedule: tuple[Schedule, ...] = ()
    on: tuple[On, ...] = ()

    @property
    def enabled(self) -> list[Schedule]:
        """The schedules that are switched on."""
        return [it for it in self.schedule if it.enabled]

    def started_by(self, kind: str) -> list[On]:
        """What an event of this type starts."""
        return [it for it in self.on if it.enabled and it.event == kind]


def load(root: Path) -> Schedules:
    """Read `schedules.toml` in `root`; without the file nothing recurs. Raises `ScheduleError` naming what is wrong."""
    path = root / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Schedules()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScheduleError(f"{FILE} is not TOML: {error}", fix="correct that line") from None
    for key, rows in content.items():
        if key not in Schedules.model_fields or not isinstance(rows, list):
            raise ScheduleError(f"{FILE}: {key!r} is nothing that is read here", fix="write [[schedule]] or [[on]]")
    schedules = tuple(part(raw, number, Schedule) for number, raw in enumerate(content.get("schedule", []), 1))
    names = [it.name for it in schedules]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ScheduleError(f"{FILE}: two schedules are called {twice[0]}", fix="give each its own name")
    return Schedules(
        schedule=schedules, on=tuple(part(raw, number, On) for number, raw in enumerate(content.get("on", []), 1))
    )


Kind = TypeVar("Kind", bound=Part)


def part(raw: Any, number: int, kind: type[Kind]) -> Kind:
    """One entry. Raises `ScheduleError` naming it, the key and the value."""
    table = "schedule" if kind is Schedule else "on"
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        if detail["loc"]:
            problem, fix = explain(detail, kind)
        else:
            problem, fix = detail["msg"], f"correct that [[{table}]]"
        called = raw.get("name", raw.get("event", number)) if isinstance(raw, dict) else number
        raise ScheduleError(f"{FILE}: [[{table}]] {called}: {problem}", fix=fix) from None
