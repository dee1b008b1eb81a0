"""Rows for the drift bench: twelve numbers and eight names, on days of which each resembles the one before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

pa, pq = import_module("pyarrow"), import_module("pyarrow.parquet")
NUMBERS, NAMES, PART = 12, 8, 1 << 17
DAYS = 56
START = np.datetime64("2026-01-05", "us")
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def module(name: str) -> Any:
    """A module of the emitted package's drift."""
    package = next(path.parent.name for path in Path("src").glob("*/layers.py"))
    if "src" not in sys.path:
        sys.path.insert(0, "src")
    return import_module(f"{package}.operations.drift.{name}")


def watched() -> list[Any]:
    """The twenty columns."""
    of = module("profile").Watched
    names = [of(f"name_{at:02d}", "categorical") for at in range(NAMES)]
    return [*(of(f"number_{at:02d}", "numeric") for at in range(NUMBERS)), *names]


def wandering(random: np.random.Generator, days: int, step: float = 0.2) -> Floats:
    """Levels of each column by day that remember the day before: what makes rows of one day alike."""
    new = random.normal(0.0, step, (days, NUMBERS + NAMES))
    out = np.zeros_like(new)
    out[0] = new[0] / np.sqrt(1 - 0.5**2)
    for day in range(1, days):
        out[day] = 0.5 * out[day - 1] + new[day]
    return out


def rows(random: np.random.Generator, at: Ints, levels: Floats) -> Any:
    """Rows at days `at`: on one day a column's standard deviation is 1, and every fourth number is an exponential."""
    columns: dict[str, Any] = {}
    for number in range(NUMBERS):
        values = random.normal(levels[at, number], 1.0)
        columns[f"number_{number:02d}"] = np.exp(values) if number % 4 == 3 else values
    for number in range(NAMES):
        cut = np.linspace(-2, 2, 4 + 3 * number)
        codes = np.searchsorted(cut, random.normal(levels[at, NUMBERS + number], 1.0)).astype(np.int32)
        known = [f"n{it}" for it in range(len(cut) + 1)]
        columns[f"name_{number:02d}"] = pa.DictionaryArray.from_arrays(codes, known)
    seconds = random.integers(0, 86_400, len(at)).astype("timedelta64[s]")
    return pa.table({"at": START + at.astype("timedelta64[D]") + seconds, **columns})


def parts(size: int, seed: int) -> Iterator[Any]:
    """`size` rows over the days, part by part."""
    random = np.random.default_rng(seed)
    levels = wandering(random, DAYS)
    for first in range(0, size, PART):
        yield rows(random, np.arange(first, min(first + PART, size)) * DAYS // size, levels)


def write(path: Path, size: int, seed: int) -> None:
    """A Parquet file of them."""
    made = parts(size, seed)
    table = next(made)
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        for part in made:
            writer.write_table(part)
