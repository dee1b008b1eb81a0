"""The features of this project: edit this file. `docs/features.md` says how.

What stands here fits any table: the history of its target, by the entity where it has one, else over the whole table.
"""

from __future__ import annotations

from datetime import timedelta

from ..model.durations import format_duration
from ..model.project import Schema
from .featureset import LABEL, Feature, FeatureSet, literal, slug

HOURS, DAY, WEEK = timedelta(hours=3), timedelta(days=1), timedelta(days=7)
KEPT = timedelta(days=400)  # a table that has a row a year still finds the last one
MOST_CLASSES = 5
TIMED, TRAVELLED = "duration_minutes", "distance_km"


def feature_sets(schema: Schema) -> tuple[FeatureSet, ...]:
    """Every feature set of the project. Change a set's meaning and raise its version."""
    entity = schema.table.entity if schema.table.entity in schema.columns else None
    if entity and schema.table.target == TIMED and TRAVELLED in schema.columns:
        return (pace(schema, entity),)
    return (history(schema, entity),)


def pace(schema: Schema, entity: str) -> FeatureSet:
    """The minutes for a kilometre that trips from each zone took of late: its traffic, which nobody measures."""
    name, minutes = slug(entity), f"{LABEL} / NULLIF(distance, 0)"
    return FeatureSet(
        name=f"{name}_traffic",
        version="1",
        entity=entity,
        timestamp=schema.table.timestamp,
        label=schema.table.target,
        columns={"distance": TRAVELLED},
        features=(
            Feature(f"{name}_pace_3h", minutes, "avg", HOURS, "minutes a kilometre, last three hours"),
            Feature(f"{name}_pace_1d", minutes, "avg", DAY, "minutes a kilometre, last day"),
            Feature(f"{name}_trips_1d", LABEL, "count", DAY, "finished trips, last day"),
        ),
        ttl=schema.table.label_delay + DAY,
        source_delay=schema.table.label_delay,
        description=pace.__doc__ or "",
    )


def history(schema: Schema, entity: str | None) -> FeatureSet:
    """How the target has been of late: how many labels became known, and their mean or the shares of the classes."""
    name = f"{slug(entity)}_history" if entity else "history"
    found = []
    for window in (DAY, WEEK):
        length = format_duration(window)
        found.append(Feature(f"{name}_count_{length}", LABEL, "count", window, "known labels"))
        for what, expression in measures(schema).items():
            found.append(Feature(f"{name}_{what}_{length}", expression, "avg", window, what.replace("_", " ")))
    return FeatureSet(
        name=name,
        version="1",
        entity=entity,
        timestamp=schema.table.timestamp,
        label=schema.table.target,
        features=tuple(found),
        ttl=schema.table.label_delay + KEPT,
        source_delay=schema.table.label_delay,
        description=history.__doc__ or "",
    )


def measures(schema: Schema) -> dict[str, str]:
    """What is averaged, by its name: the target, or whether it is a class (`classes` must be declared for that)."""
    if not schema.classification:
        return {"mean": LABEL}
    classes = list(schema.table.classes)
    wanted = classes[-1:] if schema.training.task == "binary" else classes[:MOST_CLASSES]
    out = {}
    for number, name in enumerate(wanted, 1):
        what = f"share_{slug(name)}"
        out[f"{what}_{number}" if what in out else what] = f"CASE WHEN {LABEL} = {literal(name)} THEN 1.0 ELSE 0.0 END"
    return out
