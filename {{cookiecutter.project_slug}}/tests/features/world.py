"""Landed trips, feature sets over them, and the values that plain Python finds for both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.data import layout as layouts
from {{cookiecutter.package_name}}.data import manifest as manifests
from {{cookiecutter.package_name}}.data import partition
from {{cookiecutter.package_name}}.data.manifest import Batch, By, Manifest
from {{cookiecutter.package_name}}.features import featureset, materialise
from {{cookiecutter.package_name}}.features.featureset import Feature, FeatureSet
from {{cookiecutter.package_name}}.model import project
from {{cookiecutter.package_name}}.model.project import Project, Schema

START = datetime(2025, 3, 3)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
DELAY, TTL = 2 * HOUR, 30 * HOUR
TOML = """
[source]
folder = "drop"

[table]
path = "data/landed"
timestamp = "at"
target = "minutes"
key = ["id"]
entity = "zone"
label_delay = "2h"

[columns]
km = { kind = "numeric" }
zone = { kind = "categorical", nullable = true }
rain = { kind = "numeric", nullable = true }

[features]
calendar = ["hour"]

[training]
task = "regression"
estimator = "linear"
seed = 7

[metric]
name = "mae"
direction = "lower"
"""


def clock() -> SimulatedClock:
    return SimulatedClock(datetime(2025, 6, 1, tzinfo=UTC))


def settings(text: str = TOML) -> Project:
    """The project of these trips."""
    import tomllib

    return project.parse(tomllib.loads(text))


SCHEMA = settings().schema_only


def traffic(**changes: Any) -> FeatureSet:
    """Pace and number of trips, by zone."""
    pace = "label / NULLIF(distance, 0)"
    known: dict[str, Any] = {
        "name": "traffic",
        "version": "1",
        "entity": "zone",
        "timestamp": "at",
        "label": "minutes",
        "columns": {"distance": "km"},
        "features": (Feature("pace_3h", pace, "avg", 3 * HOUR), Feature("trips_1d", "label", "count", DAY)),
        "ttl": TTL,
        "source_delay": DELAY,
    }
    return FeatureSet(**{**known, **changes})


def whole(**changes: Any) -> FeatureSet:
    """The longest trip of late, of the whole table."""
    longest = Feature("longest_6h", "label", "max", 6 * HOUR)
    return traffic(**{"name": "city", "entity": None, "features": (longest,), "columns": {}, **changes})


def sets(_: Schema) -> tuple[FeatureSet, ...]:
    """In the place of the repo's own definitions."""
    return (traffic(), whole())


def trips(count: int, seed: int = 0, *, days: int = 4, first: int = 1) -> pd.DataFrame:
    """Trips as they are landed: some share a zone and a time, some have no zone, no label yet, or no distance."""
    random = np.random.default_rng(seed)
    seconds = np.sort(random.integers(0, days * 24 * 4, count)) * 900
    km = np.round(random.uniform(0.5, 20, count), 2)
    frame = pd.DataFrame({"id": np.arange(first, first + count)})
    frame["at"] = (pd.Timestamp(START) + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]")
    frame["km"] = np.where(random.random(count) < 0.05, 0.0, km)
    frame["zone"] = random.choice(
        np.array(["north", "south", "7", None], dtype=object), count, p=[0.4, 0.3, 0.25, 0.05]
    )
    frame["rain"] = np.where(random.random(count) < 0.1, np.nan, np.round(random.exponential(1, count), 1))
    frame["minutes"] = np.where(random.random(count) < 0.1, np.nan, np.round(3 * km + random.normal(0, 1, count), 2))
    return frame


def land(root: Path, frame: pd.DataFrame, by: By = "day", wanted: Project | None = None) -> Path:
    """Make `frame` what is landed in `root`, by the data pipeline's own writer; what has not changed stays as it is."""
    wanted, before = wanted or settings(), manifests.load(root)
    layout = layouts.resolve(wanted, Manifest(), frame)
    rows = layout.rows(layout.parsed(frame))
    files = partition.rewrite(root, Manifest(partition=by), layout, rows, {})
    batch = Batch(id=before.next_id, source="a test", started="", finished="")
    after = before.having(number=before.number + 1, partition=by, columns=dict(layout.types), files=files)
    manifests.commit(root, before, after.having(batches=(batch,)))
    return root


def run(root: Path, store: Path, *sets: FeatureSet) -> list[materialise.Materialised]:
    """Materialise in silence."""
    return materialise.run(root, store, sets or (traffic(),), clock(), lambda _: None)


def stored(store: Path, found: FeatureSet | None = None) -> pd.DataFrame:
    """What the offline store holds of a set, by entity and time."""
    found = found or traffic()
    paths = sorted((store / materialise.OFFLINE / found.name / found.version).glob("*.parquet"))
    frame = pd.concat([pq.read_table(path).to_pandas() for path in paths], ignore_index=True)
    ordered: pd.DataFrame = frame.sort_values(["entity", "event_time"], ignore_index=True)
    return ordered


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def expected(frame: pd.DataFrame, found: FeatureSet | None = None) -> pd.DataFrame:
    """The values of `traffic` or `whole`, row by row in plain Python: no SQL, no window function."""
    found = found or traffic()
    known = frame[frame["minutes"].notna()]
    names = known["zone"] if found.entity else pd.Series(featureset.WHOLE, index=known.index)
    known = known.assign(entity=names)[names.notna()]
    rows = []
    for entity, group in known.groupby("entity", sort=True):
        for at in sorted(set(group["at"])):
            values = [value(group, at, it) for it in found.features]
            rows.append((entity, at, *values))
    return pd.DataFrame(rows, columns=["entity", "event_time", *found.names])


def value(group: pd.DataFrame, at: pd.Timestamp, feature: Feature) -> float:
    """One feature at one time."""
    within = group[(group["at"] >= at - feature.window) & (group["at"] <= at)]
    if feature.aggregate == "count":
        return float(len(within))
    if feature.aggregate == "max":
        return float(max(within["minutes"]))
    paces = [minutes / km for minutes, km in zip(within["minutes"], within["km"], strict=True) if km]
    return math.fsum(paces) / len(paces) if paces else math.nan


def same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Fails unless both hold the same values."""
    for frame in (found, wanted):
        frame["event_time"] = frame["event_time"].astype("datetime64[us]")
        frame["entity"] = frame["entity"].astype(object)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-12)


def joined(observed: Sequence[tuple[str | None, datetime | None]]) -> Any:
    """Observations as a table."""
    import pyarrow as pa

    times = pa.array([at for _, at in observed], pa.timestamp("us"))
    entities = pa.array([entity for entity, _ in observed], pa.string())
    return pa.table({"row": range(len(observed)), "entity": entities, "event_time": times})
