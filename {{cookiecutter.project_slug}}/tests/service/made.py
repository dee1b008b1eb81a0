"""A table with every kind of column, one of them of many categories, and models that learned from it."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skops.io
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from {{cookiecutter.package_name}} import clock
from {{cookiecutter.package_name}}.model import frame, handoff, project, train
from {{cookiecutter.package_name}}.service import accept, inputs, pipeline, store

METRICS = {"regression": ("mae", "lower"), "binary": ("roc_auc", "higher"), "multiclass": ("log_loss", "lower")}
CLOCK = clock.SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
RECORD: dict[str, Any] = {
    "at": "2025-03-03T08:00:00",
    "size": 6.5,
    "warm": 11.2,
    "place": "north",
    "zone": "zone 7",
    "open": True,
}


def schema(task: str = "regression", estimator: str = "hist-gradient-boosting", **columns: Any) -> project.Schema:
    """The schema of the table that `rows` makes."""
    name, direction = METRICS[task]
    raw: dict[str, Any] = {
        "source": {"folder": "data"},
        "table": {"path": "data/table.csv", "timestamp": "at", "target": "y"},
        "columns": {
            "size": {"kind": "numeric", "min": 0},
            "warm": {"kind": "numeric", "nullable": True},
            "place": {"kind": "categorical", "nullable": True},
            "zone": {"kind": "categorical"},
            "open": {"kind": "boolean"},
            **columns,
        },
        "features": {"calendar": ["hour", "weekday"]},
        "training": {"task": task, "estimator": estimator, "seed": 3},
        "metric": {"name": name, "direction": direction},
    }
    return project.parse(raw).schema_only


def rows(task: str = "regression", count: int = 900, seed: int = 1) -> pd.DataFrame:
    """Rows in time order; the target depends on size, place, zone and the hour. `zone` has 300 categories."""
    random = np.random.default_rng(seed)
    at = pd.Timestamp("2025-03-03") + pd.to_timedelta(np.arange(count) * 37, unit="min")
    size, zone = random.gamma(2.0, 3.0, count), random.integers(0, 300, count)
    place = random.choice(np.array(["north", "south", "7", None], dtype=object), count)
    warm = np.where(random.random(count) < 0.1, np.nan, random.normal(10, 5, count))
    signal = 2 * size + 8 * (place == "north") + zone / 50 + 3 * (at.hour == 8) + random.normal(0, 1, count)
    table = pd.DataFrame({"at": at, "size": size, "warm": warm, "place": place})
    table["zone"] = [f"zone {number}" for number in zone]
    table["open"] = random.random(count) < 0.5
    cuts = {"regression": None, "binary": [17], "multiclass": [13, 21]}[task]
    names = np.array(["low", "middle", "top"] if task == "multiclass" else ["no", "yes"], dtype=object)
    table["y"] = signal if cuts is None else names[np.digitize(signal, cuts)]
    return table


@functools.cache
def fitted(task: str = "regression", estimator: str = "hist-gradient-boosting") -> train.Fitted:
    """A pipeline that learned from the table."""
    wanted = schema(task, estimator)
    return train.fit(train.table(rows(task), wanted), wanted)


def loaded(fit: train.Fitted) -> handoff.Handoff:
    """A fitted pipeline as a hand-off gives it, without the folder."""
    return handoff.Handoff(Path(), fit.schema, fit.pipeline, "0" * 64, {})


def prepared(fit: train.Fitted) -> list[inputs.Row]:
    """The test rows as the scorers take them."""
    found = frame.prepare(fit.test, fit.schema)
    return list(found.astype(object).where(found.notna(), None).itertuples(index=False, name=None))


def by_pipeline(fit: train.Fitted) -> pipeline.ByPipeline:
    return pipeline.ByPipeline(fit.pipeline, fit.schema)


def constant(folder: Path) -> None:
    """Swap the model for one that always says the same, and renew every checksum, as somebody who means to deceive."""
    held = handoff.load(folder)
    dummy = DummyClassifier() if held.schema.classification else DummyRegressor()
    target = rows(held.schema.training.task)
    columns = held.pipeline.steps[0][1]
    model = Pipeline([("columns", columns), ("model", dummy.fit(np.zeros((len(target), 1)), target["y"]))])
    swap(folder, skops.io.dumps(model))


def swap(folder: Path, model: bytes) -> None:
    """Put another model file into a hand-off folder and renew `schema.json` and the checksums."""
    (folder / handoff.MODEL).write_bytes(model)
    change(folder, handoff.SCHEMA, model_sha256=handoff.sha256(folder / handoff.MODEL))


def change(folder: Path, name: str, **values: Any) -> None:
    """Change keys of a JSON file of a hand-off folder and renew the checksums."""
    content = json.loads((folder / name).read_text(encoding="utf-8"))
    handoff.write_json(folder / name, {**content, **values})
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8", newline="\n")


def accepted(folder: Path, models: Path) -> store.Store:
    """A store that serves the model of `folder`."""
    kept = store.Store(models)
    accept.run(folder, handoff.load(folder).schema, kept, CLOCK, by="a test", reason="a test")
    return kept
