"""`policy.toml`: what must be known of a version before the loop lets it take over."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ...errors import ProjectError
from ...model.messages import explain
from ...model.project import Duration

FILE = Path("policy.toml")
Share = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


def zone(name: str) -> str:
    """A time zone's name. Raises `PydanticCustomError` for one that is not known here."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problem = f"timezone = {name!r} is not known here: give a name such as 'Europe/Paris', or 'UTC'"
        raise PydanticCustomError("project", "{problem}", {"problem": problem}) from None
    return name


class Part(BaseModel):
    """A table of `policy.toml`: unknown keys are refused, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class First(Part):
    """A version that nobody can be compared with."""

    alone: bool = True


class Metric(Part):
    """By which share of the champion's figure it must be better, at the lower end of the interval."""

    shadow: Share = 0.0
    offline: Share = -0.02


class Slices(Part):
    """By which share of the champion's figure a slice of so many rows may be worse."""

    worse: Annotated[float, Field(ge=0, le=1)] = 0.1
    rows: Annotated[int, Field(ge=1)] = 50


class Latency(Part):
    """The 95th percentile of its answers in the shadow, in milliseconds."""

    p95_ms: Annotated[float, Field(gt=0)] = 250.0


class Data(Part):
    """The share of all rows that is in quarantine, and stale feature sets, beyond which the loop waits."""

    quarantined: Annotated[float, Field(ge=0, le=1)] = 0.02
    stale: Annotated[int, Field(ge=0)] = 0


class Proof(Part):
    """What must be proven anew."""

    lineage: bool = True
    tests: bool = True


class Budget(Part):
    """How many versions may take over without a person in a time."""

    promotions: Annotated[int, Field(ge=0)] = 6
    per: Annotated[Duration, Field(gt=timedelta(0))] = timedelta(days=30)


class Freeze(Part):
    """A time in which nothing goes forward: of each of these `days`, or of all days from `since` to `until`."""

    reason: Annotated[str, Field(min_length=1)]
    days: tuple[Day, ...] = ()
    begins: Annotated[Time, Field(alias="from")] = "00:00"
    ends: Annotated[Time, Field(alias="to")] = "24:00"
    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def one_kind(self) -> Self:
        problem = ""
        if bool(self.days) == bool(self.since and self.until):
            problem = f"freeze {self.reason!r}: give either days, or since and until"
        elif self.since and self.until and self.until < self.since:
            problem = f"freeze {self.reason!r} ends on {self.until}, before it begins: exchange since and until"
        elif self.begins >= self.ends:
            problem = f"freeze {self.reason!r} is from {self.begins} to {self.ends}: give a later end, 24:00 at most"
        if problem:
            raise PydanticCustomError("project", "{problem}", {"problem": problem})
        return self


class Policy(Part):
    """The whole of `policy.toml`."""

    timezone: Annotated[str, AfterValidator(zone)] = "UTC"
    first: First = First()
    metric: Metric = Metric()
    slices: Slices = Slices()
    latency: Latency = Latency()
    data: Data = Data()
    proof: Proof = Proof()
    budget: Budget = Budget()
    freeze: tuple[Freeze, ...] = ()

    @property
    def text(self) -> str:
        """As a decision keeps it: `parse_text` reads it back."""
        return self.model_dump_json(by_alias=True)


def parse_text(text: str) -> Policy:
    """A policy as a decision kept it."""
    return Policy.model_validate_json(text)


def read(path: Path = FILE) -> Policy:
    """Read and check `path`. Raises `ProjectError` that names each wrong key, its value and the fix."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fix = "restore policy.toml: without it the loop lets no version take over"
        raise ProjectError(f"{path} does not exist", fix=fix) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not TOML: {error}", fix="correct that line") from None
    return parse(raw, str(path))


def parse(raw: dict[str, Any], name: str = FILE.name) -> Policy:
    """Check an already read `policy.toml`; `name` is used in messages only."""
    try:
        return Policy.model_validate(raw)
    except ValidationError as error:
        found = [explain(detail, Policy) for detail in error.errors()]
        problem = "\n".join(f"{name}: {what}" for what, _ in found)
        raise ProjectError(problem, fix="; ".join(fix for _, fix in found)) from None
