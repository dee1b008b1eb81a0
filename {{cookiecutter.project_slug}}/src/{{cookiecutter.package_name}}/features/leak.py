"""Nothing of the future in a feature: what was joined is held against what is computed from known labels alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from . import engine, materialise, rows
from .featureset import ENTITY, LABEL, RESOLUTION, TIME, FeatureError, FeatureSet
from .join import FIRST, LAST, MATCHED
from .rows import ROW

SAMPLE = 50  # rows whose values are computed again
TOLERANCE = 1e-9  # sums that begin elsewhere round elsewhere


class LeakError(FeatureError):
    """A feature holds what could not be known at the time."""


@dataclass(frozen=True)
class Finding:
    """A row whose features are not those that were known."""

    row: int
    entity: str
    at: datetime
    feature: str
    joined: object
    known: object

    @property
    def sentence(self) -> str:
        said = f"{self.feature} of {self.entity!r} at {self.at} is {self.joined}"
        return f"row {self.row}: {said}, and from what was known by then {self.known}"


def check(
    found: FeatureSet,
    paths: list[Path],
    observations: pa.Table,
    joined: pa.Table,
    sample: int | None = SAMPLE,
    seed: int = 0,
) -> list[Finding]:
    """The value's time in every row, and the values in `sample` rows (None: in all), against known labels alone."""
    source = rows.source(paths, found, FIRST, LAST).to_pandas()
    known = source[source[LABEL].notna() & source[ENTITY].notna() & source[TIME].notna()]
    looked = observations.to_pandas()
    right = newest(known, looked, found)
    times = pd.Series(joined[MATCHED].to_pandas(), dtype="datetime64[us]")
    wrong = (times != right) & ~(times.isna() & right.isna())
    out = [
        Finding(row, looked[ENTITY][row], looked[TIME][row], f"the time of {found.name}", times[row], right[row])
        for row in np.flatnonzero(wrong)[:10]
    ]
    return out or list(differing(found, known, looked, joined, chosen(len(looked), sample, seed)))


def chosen(count: int, sample: int | None, seed: int) -> list[int]:
    """Which rows are looked at."""
    if sample is None or sample >= count:
        return list(range(count))
    return sorted(np.random.default_rng(seed).choice(count, sample, replace=False).tolist())


def newest(known: pd.DataFrame, looked: pd.DataFrame, found: FeatureSet) -> pd.Series:
    """For each observation the time of the newest label that was known by then; missing where it is too old."""
    left = looked[looked[ENTITY].notna() & looked[TIME].notna()][[ROW, ENTITY, TIME]]
    left = left.assign(newest=left[TIME] - found.delay).sort_values("newest", kind="stable")
    right = known[[ENTITY, TIME]].drop_duplicates().rename(columns={TIME: MATCHED}).sort_values(MATCHED)
    pairs = pd.merge_asof(left, right, left_on="newest", right_on=MATCHED, by=ENTITY)
    pairs.loc[pairs[MATCHED] < pairs[TIME] - found.ttl, MATCHED] = pd.NaT
    return pairs.set_index(ROW)[MATCHED].reindex(looked[ROW]).reset_index(drop=True).astype("datetime64[us]")


def differing(
    found: FeatureSet, known: pd.DataFrame, looked: pd.DataFrame, joined: pa.Table, sample: list[int]
) -> Iterator[Finding]:
    """Compute each sampled row's features from a table that ends where its knowledge did, and compare."""
    groups = {str(name): group.sort_values(TIME) for name, group in known.groupby(ENTITY, sort=False)}
    got = joined.to_pandas()
    with engine.connected(threads=1) as database:
        for row in sample:
            entity, at = looked[ENTITY][row], looked[TIME][row]
            said = values(database, found, groups.get(str(entity)), at)
            for name in found.names:
                one, other = said[name], float(got[name][row])
                if not np.isclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
                    yield Finding(row, entity, at, name, other, one)


def values(
    database: duckdb.DuckDBPyConnection, found: FeatureSet, group: pd.DataFrame | None, at: pd.Timestamp
) -> dict[str, float]:
    """The features at `at` from the rows of an entity, all that was not known by then taken away first."""
    nothing = dict.fromkeys(found.names, float("nan"))
    if group is None or pd.isna(at):
        return nothing
    then = group[group[TIME] + found.delay <= at]
    if then.empty or then[TIME].iloc[-1] < at - found.ttl:
        return nothing
    last = then[TIME].iloc[-1]
    window = pa.Table.from_pandas(then[then[TIME] >= last - found.longest], preserve_index=False)
    at_last = last.to_pydatetime()
    table = materialise.compute(database, found, window, at_last, at_last + RESOLUTION)
    return {name: float("nan") if table[name][0].as_py() is None else table[name][0].as_py() for name in found.names}
