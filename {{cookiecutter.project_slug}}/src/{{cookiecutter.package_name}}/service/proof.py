"""Is the compiled form the pipeline? Asked on rows that are meant to tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..model.project import Schema
from .compiled import Compiled
from .inputs import LIMIT, UNSEEN, Floats, Row, Value
from .pipeline import ByPipeline

TOLERANCE = 1e-9
ROWS, SINGLY, SEED = 1000, 200, 20
EXTREMES: tuple[Value, ...] = (None, 0.0, -0.0, 1.0, -1.0, 1e-300, 0.1, 1e6, -1e6, LIMIT, -LIMIT)


@dataclass(frozen=True)
class Proof:
    """On how many rows two scorers were compared, and the greatest difference: absolute, relative above 1."""

    rows: int
    difference: float

    @property
    def holds(self) -> bool:
        return self.difference <= TOLERANCE


def prove(compiled: Compiled, pipeline: ByPipeline, schema: Schema, sample: Sequence[Row]) -> Proof:
    """Compare on `sample` and on generated rows, in one batch and singly: the two take different ways."""
    rows = [*sample, *hostile(compiled, pipeline, schema, sample)]
    expected = pipeline.predict(rows)
    singly = np.concatenate([compiled.predict([row]) for row in rows[:SINGLY]])
    worst = max(difference(compiled.predict(rows), expected), difference(singly, expected[:SINGLY]))
    return Proof(len(rows), worst)


def difference(given: Floats, expected: Floats) -> float:
    """The greatest difference, absolute, relative above 1; infinite where one of them is not a number."""
    if given.shape != expected.shape or not (np.isfinite(given) & np.isfinite(expected)).all():
        return float("inf")
    size = np.maximum(1.0, np.maximum(np.abs(given), np.abs(expected)))
    return float((np.abs(given - expected) / size).max(initial=0.0))


def hostile(compiled: Compiled, pipeline: ByPipeline, schema: Schema, sample: Sequence[Row]) -> list[Row]:
    """Rows of missing values, extremes, unseen categories, and numbers on and right beside the model's thresholds."""
    random = np.random.default_rng(SEED)
    edges = compiled.engine.edges()
    usual = [list(dict.fromkeys(row[at] for row in sample)) for at in range(len(schema.prepared))]
    odd = [candidates(name, schema, edges.get(at, []), pipeline, random) for at, name in enumerate(schema.prepared)]
    return [tuple(draw(usual[at], odd[at], random) for at in range(len(odd))) for _ in range(ROWS)]


def draw(usual: list[Value], odd: list[Value], random: np.random.Generator) -> Value:
    """One value: as often from the odd ones as from the sample's."""
    pool = odd if not usual or random.random() < 0.5 else usual
    return pool[int(random.integers(len(pool)))]


def candidates(
    name: str, schema: Schema, edges: list[float], pipeline: ByPipeline, random: np.random.Generator
) -> list[Value]:
    """The odd values of one prepared column."""
    column = schema.columns.get(name)
    if column is not None and column.kind == "categorical":
        return [*pipeline.categories(name), UNSEEN, "", None]
    if column is None:  # derived from the timestamp: a small whole number, never missing
        return [float(number) for number in range(32)]
    near = np.array(edges)[random.permutation(len(edges))[:100]]
    below, above = np.nextafter(near, -np.inf), np.nextafter(near, np.inf)
    as_stored = near.astype(np.float32).astype(np.float64)
    bounds = [float(bound) for bound in (column.min, column.max) if bound is not None]
    beside = np.concatenate([near, below, above, as_stored])
    return [*EXTREMES, *bounds, *beside[np.abs(beside) <= LIMIT].tolist()]
