"""A model that nobody needs, fitted on made-up rows of `project.toml`'s shape, to start a service that has none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..clock import Clock
from ..model import train
from ..model.project import Column, Schema
from . import accept, store

ROWS, SEED = 600, 7
REASON = "a stand-in, to see the service start"


def make(schema: Schema, folder: Path, clock: Clock) -> store.Store:
    """Train, hand off and accept a stand-in below `folder`; gives the store that holds it."""
    table = folder / "rows.parquet"
    rows(schema).to_parquet(table)
    train.run(schema, table, folder / "handoff")
    models = store.Store(folder / "models")
    accept.run(folder / "handoff", schema, models, clock, "smoke test", REASON)
    return models


def rows(schema: Schema) -> pd.DataFrame:
    """Rows whose target follows from the features, far enough apart that labels are known in time."""
    random = np.random.default_rng(SEED)
    step = max(timedelta(hours=1), schema.table.label_delay / 10)
    frame = pd.DataFrame({schema.table.timestamp: pd.date_range("2025-01-01", periods=ROWS, freq=step)})
    signal = np.zeros(ROWS)
    for name, column in schema.columns.items():
        codes = random.integers(0, 2 if column.kind == "boolean" else 8, ROWS)
        frame[name] = values(column, codes)
        signal += (codes - codes.mean()) / codes.std()
    for number, name in enumerate(key for key in schema.table.key if key not in frame):
        frame[name] = np.arange(ROWS) + number
    frame[schema.table.target] = target(schema, signal)
    return frame


def values(column: Column, codes: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Small whole numbers -> values that the column may have."""
    if column.kind == "boolean":
        return np.equal(codes, 1)
    if column.kind == "categorical":
        return np.array([f"category {code}" for code in codes], dtype=object)
    low = column.min if column.min is not None else min(0.0, (column.max or 0.0) - 7)
    high = column.max if column.max is not None else low + 7
    return low + (high - low) * codes / 7


def target(schema: Schema, signal: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """The signal itself, or as many classes of it as the project has."""
    if not schema.classification:
        return signal
    classes = schema.table.classes or (("no", "yes") if schema.training.task == "binary" else ("low", "mid", "high"))
    cuts = np.quantile(signal, np.linspace(0, 1, len(classes) + 1)[1:-1])
    named: npt.NDArray[Any] = np.array(classes, dtype=object)
    return named[np.digitize(signal, cuts)]
