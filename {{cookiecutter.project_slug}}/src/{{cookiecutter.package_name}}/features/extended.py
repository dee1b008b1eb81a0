"""The schema with the feature columns: what a model of this project takes."""

from __future__ import annotations

from ..model.project import Column, Schema
from . import definitions
from .featureset import HERE, FeatureError, FeatureSet, check


def feature_sets(schema: Schema) -> tuple[FeatureSet, ...]:
    """The checked definitions. Raises `FeatureError` where one cannot be, or where two have one name."""
    found = tuple(check(it, schema) for it in definitions.feature_sets(schema))
    known = [(it.name, it.version) for it in found]
    for name, version in known:
        if known.count((name, version)) > 1:
            wrong = f"two feature sets are {name!r}, version {version!r}"
            raise FeatureError(wrong, fix="rename one, or raise its version")
    taken = {*schema.columns, *schema.features.calendar, schema.table.target, schema.table.timestamp, *schema.table.key}
    for it in found:
        for name in it.names:
            if name in taken:
                raise FeatureError(f"feature {name!r} of {it.name!r} has the name of another column", fix=HERE)
            taken.add(name)
    return found


def active(sets: tuple[FeatureSet, ...]) -> tuple[FeatureSet, ...]:
    """Those that a new model takes."""
    return tuple(it for it in sets if not it.retired)


def extended(schema: Schema) -> Schema:
    """`schema` with the feature columns: numbers, missing where nothing was known in time."""
    names = [name for it in active(feature_sets(schema)) for name in it.names]
    raw = schema.model_dump(exclude={"source"})
    raw["columns"] |= {name: Column(kind="numeric", nullable=True) for name in names}
    return Schema.model_validate(raw)
