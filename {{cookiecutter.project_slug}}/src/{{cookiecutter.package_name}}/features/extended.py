"""The schema with the feature columns: what a model of this project takes."""

from __future__ import annotations

from ..model.project import Column, Schema
from . import definitions
from .featureset import FeatureError, FeatureSet, check


def feature_sets(schema: Schema) -> tuple[FeatureSet, ...]:
    """The checked definitions. Raises `FeatureError` where one cannot be, or where two features have one name."""
    found = tuple(check(it, schema) for it in definitions.feature_sets(schema))
    taken = {*schema.columns, *schema.features.calendar, schema.table.target, schema.table.timestamp, *schema.table.key}
    if len({it.name for it in found}) != len(found):
        raise FeatureError("two feature sets have one name", fix="rename one in features/definitions.py")
    for it in found:
        for name in it.names:
            if name in taken:
                wrong = f"feature {name!r} of {it.name!r} has the name of another column"
                raise FeatureError(wrong, fix="rename it in features/definitions.py")
            taken.add(name)
    return found


def extended(schema: Schema) -> Schema:
    """`schema` with the feature columns: numbers, missing where nothing was known in time."""
    names = [name for it in feature_sets(schema) for name in it.names]
    raw = schema.model_dump(exclude={"source"})
    raw["columns"] |= {name: Column(kind="numeric", nullable=True) for name in names}
    return Schema.model_validate(raw)
