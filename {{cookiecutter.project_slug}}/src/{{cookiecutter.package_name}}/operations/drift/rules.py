"""`monitor.toml`: how much may differ, how sure one must be, and what an alarm may start."""

from __future__ import annotations

import math
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ...errors import ProjectError
from ...model.messages import explain
from ...model.project import Duration
from .measures import (
    CHI_SQUARED,
    JENSEN_SHANNON,
    KOLMOGOROV_SMIRNOV,
    MISSING,
    OUT_OF_BOUNDS,
    PERFORMANCE,
    PSI,
    WASSERSTEIN,
)

FEWEST = 2  # replays above the limit by chance
FILE = Path("monitor.toml")
Floor = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
DEFAULTS = {WASSERSTEIN: 0.05, JENSEN_SHANNON: 0.05, PSI: 0.02, KOLMOGOROV_SMIRNOV: 0.03, CHI_SQUARED: 0.03}
DEFAULTS |= {MISSING: 0.01, OUT_OF_BOUNDS: 0.005, PERFORMANCE: 0.05}


class Part(BaseModel):
    """A table of `monitor.toml`: unknown keys are refused, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Check(Part):
    """What is looked at, and how rarely it may alarm for nothing."""

    window: Annotated[Duration, Field(gt=timedelta(0))] = timedelta(days=7)
    rows: Annotated[int, Field(ge=20)] = 200
    false_alarms: Annotated[float, Field(gt=0, le=0.2)] = 0.01
    replays: Annotated[int, Field(ge=100, le=5000)] = 500
    block: Annotated[Duration, Field(gt=timedelta(0))] = timedelta(days=1)
    seed: int = 7

    @model_validator(mode="after")
    def replays_show_the_rate(self) -> Self:
        if self.replays * self.false_alarms < FEWEST:
            wrong = f"check.replays = {self.replays} cannot show a rate of {self.false_alarms:g}"
            problem = f"{wrong}: give at least {math.ceil(FEWEST / self.false_alarms)}"
            raise PydanticCustomError("project", "{problem}", {"problem": problem})
        return self


class Alarm(Part):
    """What holds back alarms that would start a retraining."""

    cooldown: Duration = timedelta(days=2)
    budget: Annotated[int, Field(ge=0)] = 4
    per: Annotated[Duration, Field(gt=timedelta(0))] = timedelta(days=30)


class Floors(Part):
    """By measure, the smallest difference that matters."""

    normalized_wasserstein_distance: Floor = DEFAULTS[WASSERSTEIN]
    jensen_shannon_distance: Floor = DEFAULTS[JENSEN_SHANNON]
    population_stability_index: Floor = DEFAULTS[PSI]
    two_sample_kolmogorov_smirnov_test: Floor = DEFAULTS[KOLMOGOROV_SMIRNOV]
    pearsons_chi_squared_test: Floor = DEFAULTS[CHI_SQUARED]
    null_value_rate: Floor = DEFAULTS[MISSING]
    out_of_bounds_rate: Floor = DEFAULTS[OUT_OF_BOUNDS]
    performance: Floor = DEFAULTS[PERFORMANCE]

    def of(self, measure: str) -> float:
        """The floor of a measure."""
        return float(getattr(self, measure))


class Rules(Part):
    """The whole of `monitor.toml`."""

    check: Check = Check()
    alarm: Alarm = Alarm()
    floors: Floors = Floors()


def read(path: Path = FILE) -> Rules:
    """Read and check `path`. Raises `ProjectError` that names each wrong key, its value and the fix."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fix = "restore monitor.toml: without it nothing is watched"
        raise ProjectError(f"{path} does not exist", fix=fix) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not TOML: {error}", fix="correct that line") from None
    return parse(raw, str(path))


def parse(raw: dict[str, Any], name: str = FILE.name) -> Rules:
    """Check an already read `monitor.toml`; `name` is used in messages only."""
    try:
        return Rules.model_validate(raw)
    except ValidationError as error:
        found = [explain(detail, Rules) for detail in error.errors()]
        problem = "\n".join(f"{name}: {what}" for what, _ in found)
        raise ProjectError(problem, fix="; ".join(fix for _, fix in found)) from None
