"""Stored features for the rows of a batch: those that were known at each row's own time, by the rule of training."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ...data import parse
from ...features import extended, join, online, publish, retrieval
from ...features.featureset import ENTITY, TIME, WHOLE, FeatureError, FeatureSet, key
from ...features.rows import MOMENT, ROW
from ...model.project import Schema
from . import cells


@dataclass(frozen=True)
class Offline:
    """The feature sets of which a model takes columns that the table lacks, and the store that holds them."""

    store: Path
    sets: tuple[FeatureSet, ...]
    wanted: frozenset[str]
    defined: Schema
    now: datetime

    def values(self, rows: pa.Table) -> dict[str, list[float | None]]:
        """Each wanted feature for each row; None where nothing was known in time."""
        out: dict[str, list[float | None]] = {}
        for found in self.sets:
            observed = self.observations(rows, found)
            times = observed[TIME].drop_null()
            if not len(times):
                out |= {name: [None] * len(rows) for name in found.names if name in self.wanted}
                continue
            first, last = min(times.to_pylist()), max(times.to_pylist())
            files = publish.complete(self.store, found, first - found.ttl, last)
            joined = join.join(observed, files, join.rule(found))
            out |= {name: joined[name].to_pylist() for name in found.names if name in self.wanted}
        return out

    def observations(self, rows: pa.Table, found: FeatureSet) -> pa.Table:
        """Row, entity and time. A table without the time column is of now, as a request to the service is."""
        if found.timestamp in rows.column_names:
            times = parse.time(rows[found.timestamp].to_pandas()).to_list()
            at = [None if value is pd.NaT else value.to_pydatetime() for value in times]
        else:
            at = [online.naive(self.now)] * len(rows)
        entities: list[str | None] = [WHOLE] * len(rows)
        if found.entity:
            entities = [key(value) for value in cells.values(rows[found.entity], found.entity, self.defined)]
        columns = {ROW: pa.array(range(len(rows)), pa.int64()), ENTITY: pa.array(entities, pa.string())}
        return pa.table({**columns, TIME: pa.array(at, MOMENT)})


def find(folder: Path, columns: tuple[str, ...], defined: Schema, store: Path, now: datetime) -> Offline | None:
    """What the model in `folder` takes from the store for a table with `columns`; None where that is nothing.

    `defined` is `project.toml`'s schema. Raises `FeatureError` where the features are defined otherwise by now, so that
    the offline store cannot have the values that this model was trained with.
    """
    path = folder / retrieval.FILE
    asked = retrieval.read(path) if path.is_file() else []
    lacking = {it.digest: it for it in asked if not set(it.features) <= set(columns)}
    if not lacking:
        return None
    known = {it.digest: it for it in extended.feature_sets(defined)}
    for it in (it for digest, it in lacking.items() if digest not in known):
        wrong = (
            f"the model takes {it.name!r}, version {it.version}, which features/definitions.py now defines otherwise"
        )
        raise FeatureError(wrong, fix=f"send the columns {', '.join(it.features)}, or score with a newer version")
    sets = tuple(known[digest] for digest in lacking)
    for found in sets:
        if found.entity and found.entity not in columns:
            raise FeatureError(
                f"the table has no {found.entity!r}, by which features are looked up", fix="add the column"
            )
    wanted = frozenset(name for it in sets for name in it.names if name not in columns)
    return Offline(store, sets, wanted, defined, now)
