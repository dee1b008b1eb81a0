"""What a feature set is: its columns, windows and delays, and the one SQL text that computes it here and on Spark."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from ..errors import MlopsError
from ..model import frame
from ..model.messages import choices
from ..model.project import Schema

ENTITY, TIME, LABEL = "entity", "event_time", "label"  # how the SQL text calls them, whatever the table does
WHOLE = "whole_table"  # the index column of a set that has no entity, and the value that all its rows have in it
RESOLUTION = timedelta(microseconds=1)
NAME, VERSION = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
HERE, MATERIALISE = "correct it in features/definitions.py", "run `mlops features materialise`"
Aggregate = Literal["avg", "count", "sum", "min", "max"]


class FeatureError(MlopsError):
    """A feature cannot be defined, computed or looked up."""


@dataclass(frozen=True)
class Feature:
    """`aggregate` of the SQL `expression` over the rows of the last `window`, the present one included."""

    name: str
    expression: str
    aggregate: Aggregate
    window: timedelta
    description: str = ""

    @property
    def sql(self) -> str:
        seconds = int(self.window.total_seconds())
        over = f"ORDER BY {TIME} RANGE BETWEEN INTERVAL {seconds} SECONDS PRECEDING AND CURRENT ROW"
        # as doubles: Spark takes 1.0 for a decimal, and rounds the mean of decimals to five places
        given = self.expression if self.aggregate == "count" else f"CAST({self.expression} AS DOUBLE)"
        value = f"{self.aggregate.upper()}({given}) OVER (PARTITION BY {ENTITY} {over})"
        return f"CAST({value} AS DOUBLE) AS {self.name}"


@dataclass(frozen=True)
class FeatureSet:
    """Features that share an entity, a timestamp and the rows from which they are computed.

    `entity` is a column of the table, or None for features of the whole table. `columns` names the table's columns that
    expressions use, by the name that they have in there; `label` is the target and always there. A value is used for
    observations that come at least `source_delay` after it, and at most `ttl`. A `retired` set is still computed, for
    the models that were trained with it, and no new model takes it.
    """

    name: str
    version: str
    entity: str | None
    timestamp: str
    label: str
    features: tuple[Feature, ...]
    ttl: timedelta
    source_delay: timedelta = timedelta(0)
    columns: dict[str, str] = field(default_factory=dict)
    description: str = ""
    retired: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def index(self) -> str:
        """The entity's column, as stores call it."""
        return self.entity or WHOLE

    @property
    def delay(self) -> timedelta:
        """`source_delay`, and never nothing: without a delay a row would find its own label among its features."""
        return max(self.source_delay, RESOLUTION)

    @property
    def longest(self) -> timedelta:
        """The longest window."""
        return max(feature.window for feature in self.features)

    @property
    def source(self) -> dict[str, str]:
        """Name in the SQL text -> column of the table, besides entity and time."""
        return {LABEL: self.label, **self.columns}

    @property
    def sql(self) -> str:
        """The text that DuckDB runs here and Spark on Azure: one row for each (entity, time) that has a known label."""
        values = ",\n    ".join(feature.sql for feature in self.features)
        known = f"{LABEL} IS NOT NULL AND {ENTITY} IS NOT NULL AND {TIME} IS NOT NULL"
        return f"SELECT DISTINCT\n    {ENTITY},\n    {TIME},\n    {values}\nFROM source\nWHERE {known}"

    @property
    def digest(self) -> str:
        """Names what the values mean: two sets with the same one give the same values."""
        named = [self.name, self.version, self.entity, self.timestamp, self.source]
        return hashlib.sha256(json.dumps([*named, self.sql, self.delay / RESOLUTION]).encode()).hexdigest()


def check(found: FeatureSet, schema: Schema) -> FeatureSet:
    """Raises `FeatureError` where a definition cannot be meant so."""
    where = f"feature set {found.name!r}"
    columns(found, schema, where)
    names(found, where)
    times(found, schema, where)
    return found


def columns(found: FeatureSet, schema: Schema, where: str) -> None:
    """The columns are there, and the entity is one that callers of a model send."""
    known = (*schema.columns, schema.table.target, schema.table.timestamp)
    for column in (*found.source.values(), found.timestamp):
        if column not in known:
            raise FeatureError(f"{where} uses the column {column!r}", fix=choices(column, known))
    if found.entity is not None and found.entity not in schema.columns:
        wrong = f"{where} is by {found.entity!r}, which is no input of the model, so that nobody could look it up"
        raise FeatureError(wrong, fix=choices(found.entity, tuple(schema.columns)))


def names(found: FeatureSet, where: str) -> None:
    """There are features, and all names can stand in SQL and in the names of folders."""
    if not found.features:
        raise FeatureError(f"{where} has no features", fix=HERE)
    for name in (found.name, *found.names, *found.source):
        if not NAME.fullmatch(name):
            raise FeatureError(f"{where} has the name {name!r}", fix="use small letters, digits and _, a letter first")
    if not VERSION.fullmatch(found.version):
        raise FeatureError(f"{where} has the version {found.version!r}", fix="use letters, digits and . _ -, such as 2")


def times(found: FeatureSet, schema: Schema, where: str) -> None:
    """The windows and delays fit each other, and no label is used before it is known."""
    for feature in found.features:
        if feature.window < timedelta(seconds=1) or feature.window % timedelta(seconds=1):
            wrong = f"{where}: {feature.name} has the window {feature.window}"
            raise FeatureError(wrong, fix="give whole seconds, at least one")
    if found.source_delay < schema.table.label_delay:
        wrong = f"{where} has a source_delay of {found.source_delay}; labels are known after {schema.table.label_delay}"
        raise FeatureError(wrong, fix="give at least table.label_delay of project.toml: less would leak the future")
    if found.ttl <= found.delay:
        wrong = f"{where} has a ttl of {found.ttl}, and values become known after {found.delay}"
        raise FeatureError(wrong, fix="a ttl counts from the value's time: make it longer than the delay")


def literal(text: str) -> str:
    """A text in SQL, written so that DuckDB and Spark read the same one: they escape quotes and backslashes apart."""
    parts = [part for part in re.split(r"(['\\])", text) if part]
    if len(parts) < 2 and text not in ("'", "\\"):
        return f"'{text}'"
    said = (f"CHR({ord(part)})" if part in ("'", "\\") else f"'{part}'" for part in parts)
    return f"CONCAT({', '.join(said)})"


def slug(text: str) -> str:
    """A text as a part of a name: `Pick-up zone` -> `pick_up_zone`."""
    found = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return found if found[:1].isalpha() else f"x{found}" if found else "x"


def key(value: object) -> str | None:
    """An entity's text: as models know categories, and a boolean as the number that tables have for it."""
    return frame.category(float(value) if isinstance(value, bool) else value)
