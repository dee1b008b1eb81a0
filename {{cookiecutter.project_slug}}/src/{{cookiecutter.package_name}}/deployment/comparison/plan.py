"""`release.toml`: through which stages a challenger goes, and what is asked of it in each."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ...errors import ProjectError
from ...model.messages import explain
from ...model.project import Duration

FILE = Path("release.toml")
FEW = 20  # fewer rows than these say nothing, whatever the plan
Level = Annotated[float, Field(gt=0, lt=0.5)]
Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[int, Field(ge=1, le=100)]
Kind = Literal["shadow", "ramp"]


class Part(BaseModel):
    """A table of `release.toml`: unknown keys are refused, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stage(Part):
    """A step of a release. Where it `proves`, the challenger must be better; elsewhere it must not be worse."""

    kind: Kind
    percent: Annotated[int, Field(ge=0, le=100)]
    proves: bool

    @property
    def name(self) -> str:
        return f"{self.kind} {self.percent} %"

    @property
    def paired(self) -> bool:
        """Whether both deployments answer the same requests."""
        return self.kind == "shadow"


class Shadow(Part):
    """The share of the requests that the challenger answers too, and how many pairs are needed."""

    percent: Annotated[int, Field(ge=0, le=50)] = 50
    pairs: Annotated[int, Field(ge=FEW)] = 300


class Ramp(Part):
    """The shares of the callers that the challenger answers, one after another, and the rows that each arm needs."""

    percent: Annotated[tuple[Percent, ...], Field(min_length=1)] = (5, 25, 50, 100)
    rows: Annotated[int, Field(ge=FEW)] = 200


class Test(Part):
    """What is sure, what makes a difference, and when one stops looking."""

    __test__ = False  # for pytest: not one of its own

    alpha: Level = 0.05
    margin: Share = 0.01
    effect: Share = 0.0
    clip: Annotated[float, Field(ge=0.5, le=1)] = 0.99
    rows: Annotated[int, Field(ge=FEW)] = 50_000
    longest: Duration = timedelta(days=14)
    outcomes: Share = 0.5


class Split(Part):
    """How sure one must be that the arms do not get their share."""

    alpha: Level = 0.001


class Guardrails(Part):
    """By how much the challenger may do worse in what no loss shows."""

    alpha: Level = 0.01
    rows: Annotated[int, Field(ge=FEW)] = 100
    errors: Share = 0.01
    latency: Annotated[float, Field(ge=1)] = 1.25
    slack_ms: Annotated[float, Field(ge=0)] = 5.0
    tail: Share = 0.02


class Plan(Part):
    """The whole of `release.toml`."""

    approval: bool = False
    shadow: Shadow = Shadow()
    ramp: Ramp = Ramp()
    test: Test = Test()
    split: Split = Split()
    guardrails: Guardrails = Guardrails()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All steps in order. The shadow proves; without one, the last step of the ramp that has two arms does."""
        shadow = (Stage(kind="shadow", percent=self.shadow.percent, proves=True),) if self.shadow.percent else ()
        last = max((it for it in self.ramp.percent if it < 100), default=0)
        steps = (Stage(kind="ramp", percent=it, proves=not shadow and it == last) for it in self.ramp.percent)
        return (*shadow, *steps)

    @model_validator(mode="after")
    def agrees_with_itself(self) -> Self:
        steps = self.ramp.percent
        problem = ""
        if list(steps) != sorted(set(steps)) or steps[-1] != 100:
            problem = f"ramp.percent is {list(steps)}: let it rise from step to step, and end at 100"
        elif not any(stage.proves for stage in self.stages):
            problem = "no step compares the two: set shadow.percent, or a step of ramp.percent below 100"
        elif self.test.rows < max(self.shadow.pairs, self.ramp.rows):
            problem = (
                f"test.rows is {self.test.rows}: make it more than shadow.pairs and ramp.rows, which are the fewest"
            )
        if problem:
            raise PydanticCustomError("project", "{problem}", {"problem": problem})
        return self


def read(path: Path = FILE) -> Plan:
    """Read and check `path`. Raises `ProjectError` that names each wrong key, its value and the fix."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(
            f"{path} does not exist", fix="restore release.toml: without it nothing is released"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not TOML: {error}", fix="correct that line") from None
    return parse(raw, str(path))


def parse(raw: dict[str, Any], name: str = FILE.name) -> Plan:
    """Check an already read `release.toml`; `name` is used in messages only."""
    try:
        return Plan.model_validate(raw)
    except ValidationError as error:
        found = [explain(detail, Plan) for detail in error.errors()]
        problem = "\n".join(f"{name}: {what}" for what, _ in found)
        raise ProjectError(problem, fix="; ".join(fix for _, fix in found)) from None
