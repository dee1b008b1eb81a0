"""A small model, tables for it, and jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from {{cookiecutter.package_name}} import clock
from {{cookiecutter.package_name}}.deployment.batch import run, source
from {{cookiecutter.package_name}}.deployment.batch.run import Job, Summary
from {{cookiecutter.package_name}}.model import frame, handoff, project, train
from {{cookiecutter.package_name}}.service.served import Served

CLOCK = clock.SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
METRICS = {"regression": ("mae", "lower"), "multiclass": ("log_loss", "lower")}


def schema(task: str = "regression") -> project.Schema:
    name, direction = METRICS[task]
    raw = {
        "source": {"folder": "drop"},
        "table": {"path": "rows.csv", "timestamp": "at", "target": "y", "key": ["trip no"]},
        "columns": {
            "km": {"kind": "numeric", "min": 0, "max": 500},
            "warm": {"kind": "numeric", "nullable": True},
            "zone": {"kind": "categorical"},
            "rain": {"kind": "boolean"},
        },
        "features": {"calendar": ["hour"]},
        "training": {"task": task, "estimator": "linear", "seed": 3},
        "metric": {"name": name, "direction": direction},
    }
    return project.parse(raw).schema_only


def rows(count: int, task: str = "regression", seed: int = 1) -> pd.DataFrame:
    """Trips; zones are whole numbers, as tables have them, and `note` is of no use to a model."""
    random = np.random.default_rng(seed)
    km = random.gamma(2.0, 3.0, count).round(3)
    table = pd.DataFrame(
        {
            "trip no": np.arange(1, count + 1),
            "at": pd.Timestamp("2025-03-03") + pd.to_timedelta(np.arange(count) * 37, unit="min"),
            "km": km,
            "warm": np.where(random.random(count) < 0.1, np.nan, random.normal(10, 5, count).round(1)),
            "zone": random.integers(1, 9, count),
            "rain": random.random(count) < 0.5,
            "note": [f'said "{number}", and more' for number in range(count)],
        }
    )
    signal = 2 * km + table["zone"] + random.normal(0, 1, count)
    names = np.array(["low", "middle", "top"], dtype=object)
    table["y"] = signal if task == "regression" else names[np.digitize(signal, [13, 21])]
    return table


def trained(folder: Path, task: str = "regression") -> Path:
    """A hand-off folder."""
    frame.write(rows(600, task), folder / "table.csv")
    train.run(schema(task), folder / "table.csv", folder / "handoff")
    return folder / "handoff"


def write(table: pd.DataFrame, path: Path) -> Path:
    """Without the target, which nobody knows yet."""
    frame.write(table.drop(columns="y"), path)
    return path


def job(table: Path, scores: Path, served: Served, **settings: Any) -> Job:
    return Job(source.find(table), scores, served, "7", **{"chunk": 100, **settings})


def score(table: Path, scores: Path, served: Served, *, fresh: bool = False, **settings: Any) -> Summary:
    return run.run(job(table, scores, served, **settings), CLOCK, lambda _: None, fresh=fresh)


def by_hand(folder: Path, table: pd.DataFrame) -> pd.DataFrame:
    """What `mlops score` gives for the same rows."""
    from {{cookiecutter.package_name}}.model import score as one

    return one.frame_scores(handoff.load(folder), table)
