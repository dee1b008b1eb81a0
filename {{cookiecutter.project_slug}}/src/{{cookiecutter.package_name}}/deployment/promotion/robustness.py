"""Tests of what may come: missing values, new categories, the ends of the declared ranges, and where more leads."""

from __future__ import annotations

import numpy as np

from ...errors import ModelError
from ...model.project import Column
from .subject import Record, Subject

STRANGE = "a category that no training row had"
FAR = 1e6  # for the sides on which project.toml declares no limit
TIMES = ("1970-01-01T00:00:00", "2100-12-31T23:59:59")
GRID, AGAINST = 9, 0.1  # points along a column; which share of the way may lead the other way


def missing_values(it: Subject) -> str:
    """Null is taken where project.toml says so, and refused elsewhere."""
    nullable = [name for name, column in it.schema.columns.items() if column.nullable]
    for name in nullable:
        it.sound([{**record, name: None} for record in it.records], f"{name} missing")
    if nullable:
        it.sound([{**record, **dict.fromkeys(nullable)} for record in it.records], "all that may be missing")
    for name in it.schema.inputs:
        if name not in nullable and not it.refuses([{**it.records[0], name: None}]):
            raise ModelError(f"{name} may not be missing, and null is taken", fix="correct `nullable` in project.toml")
    return f"{len(nullable)} columns may be missing, {len(it.schema.inputs) - len(nullable)} may not"


def unseen_categories(it: Subject) -> str:
    """A category that training did not know is answered."""
    names = it.schema.of_kind("categorical")
    for name in names:
        it.sound([{**record, name: STRANGE} for record in it.records], f"an unseen {name}")
    it.sound([{**record, **dict.fromkeys(names, STRANGE)} for record in it.records], "only unseen categories")
    return f"{len(names)} columns"


def extreme_values(it: Subject) -> str:
    """The ends of the declared ranges give finite predictions, each alone and all at once."""
    ends = {name: bounds(it.schema.columns[name]) for name in it.schema.of_kind("numeric")}
    for name, both in ends.items():
        for value in both:
            it.sound([{**record, name: value} for record in it.records], f"{name} = {value:g}")
    for side, word in enumerate(("lowest", "highest")):
        values = {name: both[side] for name, both in ends.items()}
        it.sound([{**record, **values} for record in it.records], f"everything at its {word}")
    if it.schema.table.timestamp in it.schema.inputs:
        for at in TIMES:
            it.sound([{**record, it.schema.table.timestamp: at} for record in it.records], at)
    return f"{len(ends)} columns"


def bounds(column: Column) -> tuple[float, float]:
    """The least and greatest value to ask about."""
    low = column.min if column.min is not None else min(-FAR, column.max or 0.0)
    return low, column.max if column.max is not None else max(FAR, low)


def directions(it: Subject) -> str:
    """What more of a column does to the prediction, averaged over the sample, is what modeltests.toml expects."""
    target = it.schema.table.target
    asked = it.limits.directions.get(target)
    if not asked:
        return f"modeltests.toml has no line for {target} in [directions]: nothing is asked"
    seen = []
    for name, direction in asked.items():
        along = profile(it, name)
        way = along[-1] - along[0] if direction == "increasing" else along[0] - along[-1]
        steps = np.diff(along) if direction == "increasing" else -np.diff(along)
        back, total = float(np.abs(steps[steps < 0]).sum()), float(np.abs(steps).sum())
        figures = f"{name}: from {along[0]:.4g} to {along[-1]:.4g}, {back / total if total else 0:.0%} of the way back"
        if way <= 0 or back > AGAINST * total:
            wrong = f"{target} is expected to be {direction} with {figures}"
            raise ModelError(wrong, fix="look at the data and the model; or correct [directions] in modeltests.toml")
        seen.append(figures)
    return "; ".join(seen)


def profile(it: Subject, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The mean prediction (or probability of the last class) along a column's range in the sample."""
    column = it.schema.columns.get(name)
    if column is None or column.kind != "numeric":
        raise ModelError(f"[directions] names {name!r}, which is no numeric column", fix="correct modeltests.toml")
    values = [record[name] for record in it.records if record[name] is not None]
    if not values or min(values) == max(values):
        raise ModelError(f"{name} has one value in the sample records", fix="hand off a sample that varies")
    grid = np.linspace(min(values), max(values), GRID)
    records: list[Record] = [{**record, name: float(value)} for value in grid for record in it.records]
    figures = it.figures(it.score(records))[:, -1]
    return np.asarray(figures.reshape(GRID, -1).mean(axis=1))
