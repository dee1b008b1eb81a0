"""`project.toml`: the one place for what is true of the user's data. Everything else derives from it."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ..errors import ProjectError
from .durations import format_duration, parse_duration
from .messages import choices, explain

__all__ = ["Project", "Schema", "choices", "format_duration", "load", "parse", "parse_duration"]

Task = Literal["regression", "binary", "multiclass"]
Kind = Literal["numeric", "categorical", "boolean"]
Calendar = Literal["hour", "weekday", "day", "month", "dayofyear"]
Estimator = Literal["hist-gradient-boosting", "random-forest", "linear"]
Direction = Literal["lower", "higher"]

ESTIMATORS: tuple[Estimator, ...] = get_args(Estimator)
METRICS: dict[Task, dict[str, Direction]] = {
    "regression": {"mae": "lower", "rmse": "lower", "r2": "higher"},
    "binary": {"roc_auc": "higher", "average_precision": "higher", "log_loss": "lower", "f1": "higher"},
    "multiclass": {"log_loss": "lower", "accuracy": "higher", "f1_macro": "higher"},
}


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration)]


class Part(BaseModel):
    """A table of `project.toml`: unknown keys are refused, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Part):
    """One feature column: `min` and `max` are what is possible, not what was seen."""

    kind: Kind
    nullable: bool = False
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def ranges_are_of_numbers(self) -> Self:
        if self.kind != "numeric" and (self.min, self.max) != (None, None):
            raise PydanticCustomError("column", "has min or max, which only a numeric column can have")
        return self


class Source(Part):
    """Where rows come from at Level 1 and above: a SQLAlchemy URL with a table or view, or a folder of files."""

    url: str | None = None
    table: str | None = None
    folder: str | None = None
    watermark: str | None = None
    late: Duration = timedelta(0)

    @model_validator(mode="after")
    def one_kind(self) -> Self:
        if (self.url is None) == (self.folder is None):
            raise PydanticCustomError("source", "needs either url (with table) or folder, and not both")
        if self.url is not None and self.table is None:
            raise PydanticCustomError("source", "has a url and so needs the table or view to read")
        return self


class Table(Part):
    """The table to learn from: a file at Level 0, what the data pipeline landed from Level 1 on."""

    path: str
    timestamp: str
    target: str
    key: tuple[str, ...] = ()
    entity: str | None = None
    label_delay: Duration = timedelta(0)
    classes: tuple[str, ...] = ()


class Features(Part):
    """What is derived from the timestamp before the estimator sees a row."""

    calendar: tuple[Calendar, ...] = ()


class Metric(Part):
    """The one figure by which models are compared."""

    name: str
    direction: Direction


class Training(Part):
    """How the model of this project is fitted and judged: on all rows, or those of the latest `window`."""

    task: Task
    estimator: Estimator = "hist-gradient-boosting"
    seed: int = 0
    test_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    window: Annotated[Duration, Field(gt=timedelta(0))] | None = None
    slices: tuple[str, ...] = ()


class Schema(Part):
    """What a model must know of its data; it travels with the model in the hand-off folder."""

    table: Table
    columns: dict[str, Column]
    features: Features = Features()
    training: Training
    metric: Metric

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The columns that a caller sends, in order: the timestamp where it is a feature, then the feature columns."""
        first = (self.table.timestamp,) if self.features.calendar else ()
        return (*first, *self.columns)

    @cached_property
    def prepared(self) -> tuple[str, ...]:
        """The columns that the estimator sees, in order."""
        return (*self.columns, *self.features.calendar)

    @cached_property
    def classification(self) -> bool:
        return self.training.task != "regression"

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Names of the feature columns that are of one of `kinds`."""
        return [name for name, column in self.columns.items() if column.kind in kinds]

    @model_validator(mode="after")
    def agrees_with_itself(self) -> Self:
        checks = (self._metric, self._roles, self._slices, self._calendar)
        for problem in (check() for check in checks):
            if problem:
                raise PydanticCustomError("project", "{problem}", {"problem": problem})
        return self

    def _metric(self) -> str | None:
        known = METRICS[self.training.task]
        if self.metric.name not in known:
            wrong = f"metric.name is {self.metric.name!r}, which does not fit training.task {self.training.task!r}"
            return f"{wrong}: {choices(self.metric.name, tuple(known))}"
        right = known[self.metric.name]
        if self.metric.direction != right:
            wrong = f"metric.direction is {self.metric.direction!r}"
            return f"{wrong}: {self.metric.name} is better when {right}, so write {right!r}"
        return None

    def _roles(self) -> str | None:
        if not self.columns:
            return "columns is empty: a model needs at least one feature column, such as [columns.distance_km]"
        roles = {"table.target": self.table.target, "table.timestamp": self.table.timestamp}
        for role, name in roles.items():
            if name in self.columns:
                wrong = f"{role} is {name!r}, which is also in columns"
                return f"{wrong}: a model must not see it; remove [columns.{name}]"
        if self.table.target == self.table.timestamp:
            return f"table.target and table.timestamp are both {self.table.target!r}: name two columns"
        return None

    def _slices(self) -> str | None:
        known = (*self.columns, *self.features.calendar)
        for name in self.training.slices:
            if name not in known:
                return f"training.slices has {name!r}, which is no feature column: {choices(name, known)}"
        return None

    def _calendar(self) -> str | None:
        for name in self.features.calendar:
            if name in self.columns:
                return f"features.calendar derives {name!r}, which is also in columns: rename or remove one of them"
        return None


class Project(Schema):
    """The whole of `project.toml`: the schema, and where rows come from (it may hold a secret, and so stays here)."""

    source: Source

    @property
    def schema_only(self) -> Schema:
        """The part that may be handed on."""
        return Schema.model_validate(self.model_dump(exclude={"source"}))


def load(path: Path = Path("project.toml")) -> Project:
    """Read and check `path`. Raises `ProjectError` that names each wrong key, its value and the fix."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fix = "run from the repo's root, or `mlops data describe FILE --target COLUMN --write`"
        raise ProjectError(f"{path} does not exist", fix=fix) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not TOML: {error}", fix="correct that line") from None
    return parse(raw, str(path))


def parse(raw: dict[str, Any], name: str = "project.toml") -> Project:
    """Check an already read `project.toml`; `name` is used in messages only."""
    try:
        return Project.model_validate(raw)
    except ValidationError as error:
        lines = [explain(detail, Project) for detail in error.errors()]
        problem = "\n".join(f"{name}: {what}" for what, _ in lines)
        raise ProjectError(problem, fix="; ".join(fix for _, fix in lines)) from None
