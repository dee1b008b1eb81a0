"""Bad batches on purpose, to see that a gate closes: each kind is a fault that real sources have shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

SHARE = 0.3  # of the rows
Corruption = Callable[[pd.DataFrame, str, np.random.Generator], pd.DataFrame]


def some(frame: pd.DataFrame, random: np.random.Generator) -> pd.Index:
    """Labels of the rows to spoil, at least one."""
    return frame.index[random.permutation(len(frame))[: max(1, int(SHARE * len(frame)))]]


def null_burst(frame: pd.DataFrame, column: str, random: np.random.Generator) -> pd.DataFrame:
    """A sensor or a join fails: `column` is empty in many rows."""
    frame[column] = frame[column].astype(object)
    frame.loc[some(frame, random), column] = None
    return frame


def type_change(frame: pd.DataFrame, column: str, random: np.random.Generator) -> pd.DataFrame:
    """A new release of the source writes a unit behind the number."""
    frame[column] = frame[column].astype(object)
    at = some(frame, random)
    frame.loc[at, column] = [f"{value} units" for value in frame.loc[at, column]]
    return frame


def duplicate_keys(frame: pd.DataFrame, column: str, random: np.random.Generator) -> pd.DataFrame:
    """A retry writes rows again, with another value in `column`."""
    again = frame.loc[some(frame, random)].copy()
    again[column] = frame[column].iloc[0]
    return pd.concat([frame, again], ignore_index=True)


def out_of_range(frame: pd.DataFrame, column: str, random: np.random.Generator) -> pd.DataFrame:
    """A sign is lost, or a unit changes by a thousand."""
    frame[column] = frame[column].astype("float64")
    at = some(frame, random)
    frame.loc[at, column] = -1000.0 * (frame.loc[at, column].abs() + 1.0)
    return frame


KINDS: dict[str, Corruption] = {
    "null-burst": null_burst,
    "type-change": type_change,
    "duplicate-keys": duplicate_keys,
    "out-of-range": out_of_range,
}


def corrupt(frame: pd.DataFrame, kind: str, seed: int, column: str = "distance_km") -> pd.DataFrame:
    """A copy of `frame` with one fault of `kind` (see `KINDS`) in `column`; the same seed gives the same rows."""
    if kind not in KINDS:
        raise ValueError(f"no corruption is called {kind!r}: use one of {', '.join(KINDS)}")
    return KINDS[kind](frame.copy(), column, np.random.default_rng(seed))
