"""Training against serving: the value that a row was trained with is the one that serving would have given it."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..data import lock
from ..model import frame
from . import join, publish, record, retrieval, rows
from .featureset import ENTITY, TIME, FeatureSet
from .online import Online


@dataclass(frozen=True)
class Difference:
    """An observation for which the two ways give two values."""

    entity: str
    at: datetime
    feature: str
    training: float | None
    serving: float | None

    @property
    def sentence(self) -> str:
        values = f"{self.training} in training, {self.serving} in serving"
        return f"{self.feature} of {self.entity!r} at {self.at.isoformat()}: {values}"


@dataclass(frozen=True)
class Compared:
    """How many values were compared, how many of them were known, and what differs."""

    observations: int
    values: int
    known: int
    differences: tuple[Difference, ...]


def compare(snapshot: Path, store: Path, sets: tuple[FeatureSet, ...], count: int, seed: int) -> Compared:
    """Take `count` rows, turn the online store to each one's time in a folder of its own, look up, and compare.

    Nothing is rounded: the two must be the same numbers. Raises `FeatureError` where nothing was materialised, and
    `DataError` where a run is at work on the store.
    """
    record.existing(store)
    with lock.held(store):
        found = [one(snapshot, store, it, count, seed) for it in sets]
    differences = tuple(difference for it in found for difference in it.differences)
    observed = max((it.observations for it in found), default=0)
    return Compared(observed, sum(it.values for it in found), sum(it.known for it in found), differences)


def one(snapshot: Path, store: Path, found: FeatureSet, count: int, seed: int) -> Compared:
    """The comparison for one feature set."""
    files = publish.complete(store, found, join.FIRST, join.LAST)
    observations = chosen(rows.observations(list(frame.files(snapshot)), found), count, seed)
    trained = join.join(observations, files, join.rule(found)).to_pylist()
    differences, known = [], 0
    with tempfile.TemporaryDirectory(prefix="skew-") as scratch:
        for observation, training in zip(observations.to_pylist(), trained, strict=True):
            entity, at = observation[ENTITY], observation[TIME]
            serving = served(store, Path(scratch), found, entity, at)
            for name in found.names:
                known += training[name] is not None
                if training[name] != serving[name]:
                    differences.append(Difference(entity, at, name, training[name], serving[name]))
    return Compared(len(observations), len(observations) * len(found.names), known, tuple(differences))


def chosen(observations: pa.Table, count: int, seed: int) -> pa.Table:
    """Some of the rows that have an entity and a time, in their order."""
    usable = observations.filter(pc.and_(observations[ENTITY].is_valid(), observations[TIME].is_valid()))
    places = np.random.default_rng(seed).choice(len(usable), min(count, len(usable)), replace=False)
    return usable.take(pa.array(np.sort(places)))


def served(store: Path, scratch: Path, found: FeatureSet, entity: str, at: datetime) -> dict[str, float | None]:
    """What a look-up at `at` gives, from an online store that was written then."""
    publish.run(store, (found,), at, into=scratch)
    with closing(Online(scratch)) as store_then:
        value = store_then.fresh(retrieval.wanted(found), entity, at)
    return value.features if value else dict.fromkeys(found.names)
