"""Which columns are watched, by what a model's schema declares; there is no other list."""

from __future__ import annotations

from collections.abc import Collection

from ...model.project import Schema
from .profile import Watched

PREDICTION, LOSS, AT = "prediction", "loss", "at"


def features(schema: Schema) -> tuple[Watched, ...]:
    """The columns that the model takes, stored features among them. Parts of the calendar go with the time itself."""
    return tuple(Watched(name, column.kind) for name, column in schema.columns.items())


def answers(schema: Schema) -> tuple[Watched, ...]:
    """What the model said, and what that cost where the outcome is known."""
    kind = "categorical" if schema.classification else "numeric"
    return Watched(PREDICTION, kind, "prediction"), Watched(LOSS, "numeric", "performance")


def table(schema: Schema, there: Collection[str]) -> tuple[Watched, ...]:
    """Of a plain table the features, and the target where both sides have it."""
    target = schema.table.target
    kind = "categorical" if schema.classification else "numeric"
    return (*features(schema), *((Watched(target, kind, "target"),) if target in there else ()))
