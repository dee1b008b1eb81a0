"""Request models from the schema: JSON bytes -> prepared rows, or a problem that names field, value and reason."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from annotated_types import MaxLen, MinLen
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from ..model import frame
from ..model.project import Column, Schema
from .fill import Filler
from .inputs import LIMIT, Row
from .problems import Finding, ProblemError

SPACED_COLONS = (b" :", b"\t:", b"\n:", b"\r:")
ABSENT: Any = object()  # stands for an input that the caller left out and `fill` looks up
FIRST_YEAR, LAST_YEAR = 1678, 2261  # what a timestamp of nanoseconds holds
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ].+)?")
PARTS: dict[str, Callable[[datetime], float]] = {
    "hour": lambda at: float(at.hour),
    "weekday": lambda at: float(at.weekday()),
    "day": lambda at: float(at.day),
    "month": lambda at: float(at.month),
    "dayofyear": lambda at: float(at.timetuple().tm_yday),
}


class Requests:
    """The two bodies that the service takes, for one schema. What `fill` knows may be left out; what is sent counts."""

    def __init__(self, schema: Schema, most: int, fill: Filler | None = None) -> None:
        self.schema, self.fill, self.width = schema, fill, len(schema.inputs)
        self.record = record_model(schema, fill.columns if fill else frozenset())
        bounded: Any = Annotated[list[self.record], MinLen(1), MaxLen(most), FailFast()]  # type: ignore[name-defined]
        strict = ConfigDict(extra="forbid")
        self.batch: type[BaseModel] = create_model("Batch", __config__=strict, records=(bounded, ...))
        self.calendar = [PARTS[part] for part in schema.features.calendar]
        self._record = self.record.__pydantic_validator__
        self._batch = self.batch.__pydantic_validator__

    def one(self, raw: bytes) -> Row:
        """The body of `POST /score`. Raises `ProblemError`."""
        try:
            record = self._record.validate_json(raw)
        except ValidationError as error:
            raise refused(error) from None
        no_key_twice(raw, given(record) if self.fill else self.width)
        return self.row(record)

    def many(self, raw: bytes) -> list[Row]:
        """The body of `POST /score/batch`. Raises `ProblemError`."""
        try:
            records = self._batch.validate_json(raw).__dict__["records"]
        except ValidationError as error:
            raise refused(error) from None
        no_key_twice(raw, 1 + (sum(map(given, records)) if self.fill else self.width * len(records)))
        return [self.row(record) for record in records]

    def rows(self, records: list[dict[str, Any]]) -> list[Row]:
        """Records that are Python values already. Raises `ProblemError`."""
        return self.many(json.dumps({"records": records}).encode())

    def row(self, record: BaseModel) -> Row:
        """A checked record -> the prepared row."""
        values = tuple(record.__dict__.values())
        if self.fill is not None and ABSENT in values:
            values = self.filled(self.fill, values)
        if not self.calendar:
            return values
        return values[1:] + tuple([part(values[0]) for part in self.calendar])

    def filled(self, fill: Filler, values: Row) -> Row:
        """The inputs with what was left out looked up."""
        inputs = dict(zip(self.schema.inputs, values, strict=True))
        known = fill(inputs)
        return tuple([known.get(name) if value is ABSENT else value for name, value in inputs.items()])


def given(record: BaseModel) -> int:
    """How many keys were sent with a checked record."""
    return len(record.model_fields_set)


def record_model(schema: Schema, optional: frozenset[str]) -> type[BaseModel]:
    """The model of one record. Fields have names of their own, since a column may be called anything."""
    fields: dict[str, Any] = {}
    for number, name in enumerate(schema.inputs):
        kind = moment() if name == schema.table.timestamp else field_type(schema.columns[name])
        # a factory, and no default, so that the API's description does not show our marker
        field = Field(alias=name, default_factory=lambda: ABSENT) if name in optional else Field(alias=name)
        fields[f"input_{number}"] = (kind, field)
    return create_model("Record", __config__=ConfigDict(extra="forbid"), **fields)


def field_type(column: Column) -> Any:
    """The type of one feature column."""
    if column.kind == "categorical":
        return category(column.nullable)
    if column.kind == "boolean":
        kind: Any = Annotated[bool, BeforeValidator(truth)]
    else:
        low = max(-LIMIT, column.min if column.min is not None else -LIMIT)
        high = min(LIMIT, column.max if column.max is not None else LIMIT)
        kind = Annotated[float, Field(strict=True, ge=low, le=high, allow_inf_nan=False)]
    return kind | None if column.nullable else kind


def category(nullable: bool) -> Any:
    """Text, or a number or boolean that reads as one."""
    types = ["string", "number", "boolean", *(["null"] if nullable else [])]
    shape = WithJsonSchema({"type": types})
    return Annotated[str | None if nullable else str, BeforeValidator(text), shape]


def text(value: object) -> object:
    """A category as the model learned it; what is neither text, number nor boolean is left for pydantic to refuse."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("category", "must be text, a finite number or a boolean")
    if isinstance(value, int) and abs(value) >= 2**63:
        raise PydanticCustomError("category", "must be a number of at most 64 bits, or text")
    if isinstance(value, bool | int | float):
        return frame.category(value)
    return value


def truth(value: object) -> object:
    """`true`, `false`, or 1 and 0 as tables often have them."""
    if isinstance(value, bool) or (isinstance(value, int | float) and value in (0, 1)):
        return bool(value)
    if value is None:
        return value
    raise PydanticCustomError("boolean", "must be true or false")


def moment() -> Any:
    """ISO 8601 with or without an offset -> naive UTC, as the model's calendar columns were made."""
    shape = WithJsonSchema({"type": "string", "format": "date-time"})
    return Annotated[datetime, BeforeValidator(iso), AfterValidator(in_utc), shape]


def iso(value: object) -> object:
    """Only text that begins with a date: bare numbers would be taken for seconds since 1970."""
    if not isinstance(value, str) or not TIME.fullmatch(value):
        raise PydanticCustomError("timestamp", "must be a time such as 2026-01-31T08:00:00")
    return value


def in_utc(at: datetime) -> datetime:
    """Naive UTC, within the years that the data can hold."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        message = "must be between the years {first} and {last}"
        raise PydanticCustomError("timestamp", message, {"first": FIRST_YEAR, "last": LAST_YEAR})
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def refused(error: ValidationError) -> ProblemError:
    """pydantic's findings as a problem: 400 where it is not JSON, else 422."""
    details = error.errors(include_url=False)
    first = details[0]
    if first["type"] == "json_invalid":
        return ProblemError(400, f"the body is not JSON: {first['ctx']['error']}")
    findings = [finding(detail) for detail in details]
    return ProblemError(422, f"{findings[0].field}: {findings[0].reason}", findings)


def finding(detail: ErrorDetails) -> Finding:
    """One of pydantic's findings."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in detail["loc"])
    field = "".join(steps).removeprefix(".") or "body"
    missing = detail["type"] == "missing"
    reason = {"missing": "is missing", "extra_forbidden": "is not an input of this model"}.get(detail["type"])
    return Finding(field, None if missing else detail["input"], reason or detail["msg"])


def no_key_twice(raw: bytes, keys: int) -> None:
    """Raises `ProblemError` where a key stands twice in an object, of which JSON readers keep one or the other.

    All `keys` distinct ones are known to be there. Where no colon stands after a space every key ends in `":`, so as
    many of these as keys cannot hold one twice; anything else (a text may hold a colon too) is looked at closely.
    """
    if raw.count(b'":') != keys or any(colon in raw for colon in SPACED_COLONS):
        json.loads(raw, object_pairs_hook=unique, parse_int=str, parse_float=str)


def unique(pairs: list[tuple[str, object]]) -> None:
    """Raises `ProblemError` naming the key that stands twice."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ProblemError(400, f"the key {twice!r} stands twice in one object", [Finding(twice, None, "stands twice")])
