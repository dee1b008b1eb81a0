"""Small tables with a known truth, one for each task, and the schema that fits them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from {{cookiecutter.package_name}}.model import project

METRICS = {"regression": ("mae", "lower"), "binary": ("roc_auc", "higher"), "multiclass": ("log_loss", "lower")}


def raw(task: str = "regression", estimator: str = "hist-gradient-boosting", **table: Any) -> dict[str, Any]:
    """A `project.toml` as read, for the table that `rows` makes."""
    name, direction = METRICS[task]
    return {
        "source": {"folder": "data"},
        "table": {"path": "data/table.csv", "timestamp": "at", "target": "y", "key": ["row"], **table},
        "columns": {
            "size": {"kind": "numeric", "min": 0},
            "warm": {"kind": "numeric", "nullable": True},
            "place": {"kind": "categorical"},
            "open": {"kind": "boolean"},
        },
        "features": {"calendar": ["hour", "weekday"]},
        "training": {"task": task, "estimator": estimator, "seed": 3, "slices": ["place", "size"]},
        "metric": {"name": name, "direction": direction},
    }


def schema(task: str = "regression", estimator: str = "hist-gradient-boosting", **table: Any) -> project.Schema:
    return project.parse(raw(task, estimator, **table)).schema_only


def rows(task: str = "regression", count: int = 600, seed: int = 1) -> pd.DataFrame:
    """Rows in time order whose target depends on size, place and the hour."""
    random = np.random.default_rng(seed)
    at = pd.Timestamp("2025-03-03") + pd.to_timedelta(np.arange(count) * 37, unit="min")
    size, place = random.gamma(2.0, 3.0, count), random.choice(["north", "south", "7"], count)
    warm = np.where(random.random(count) < 0.1, np.nan, random.normal(10, 5, count))
    signal = 2 * size + 8 * (place == "north") + 3 * (at.hour == 8) + random.normal(0, 1, count)
    table = pd.DataFrame({"row": np.arange(count), "at": at, "size": size, "warm": warm, "place": place})
    table["open"] = random.random(count) < 0.5
    cuts = {"regression": None, "binary": [14], "multiclass": [10, 18]}[task]
    names = np.array(["low", "middle", "top"] if task == "multiclass" else ["no", "yes"], dtype=object)
    table["y"] = signal if cuts is None else names[np.digitize(signal, cuts)]
    return table
