"""Models with ordinary and with awkward names, and their clients."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from {{cookiecutter.package_name}} import clock
from {{cookiecutter.package_name}}.deployment.client import contract, generate
from {{cookiecutter.package_name}}.deployment.client.contract import Contract, Input
from {{cookiecutter.package_name}}.model import handoff, project, train
from {{cookiecutter.package_name}}.service import accept, standin, store

CLOCK = clock.SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
METRICS = {"regression": ("mae", "lower"), "binary": ("log_loss", "lower"), "multiclass": ("accuracy", "higher")}
PLAIN = ("size", "warm", "place", "open")
AWKWARD = ("pick up zone", "class", 'said "so"', "größe\\n")
CLASSES = {"regression": [], "binary": ["no", 'yes "indeed"'], "multiclass": ["a b", "c", "it's"]}


def schema(
    task: str = "regression", names: tuple[str, ...] = PLAIN, classes: list[str] | None = None
) -> project.Schema:
    metric, direction = METRICS[task]
    size, warm, place, opened = names
    raw = {
        "source": {"folder": "drop"},
        "table": {
            "path": "rows.csv",
            "timestamp": "at",
            "target": "y" if names == PLAIN else 'the "target"',
            "classes": CLASSES[task] if classes is None else classes,
        },
        "columns": {
            size: {"kind": "numeric", "min": 0, "max": 10},
            warm: {"kind": "numeric", "nullable": True},
            place: {"kind": "categorical"},
            opened: {"kind": "boolean"},
        },
        "features": {"calendar": ["hour"]},
        "training": {"task": task, "estimator": "linear", "seed": 3},
        "metric": {"name": metric, "direction": direction},
    }
    return project.parse(raw).schema_only


def record(names: tuple[str, ...] = PLAIN) -> dict[str, Any]:
    size, warm, place, opened = names
    return {"at": "2025-03-03T08:00:00", size: 6.5, warm: None, place: "category 3", opened: True}


def served(wanted: project.Schema, folder: Path) -> store.Store:
    """A store that holds an accepted model of the schema."""
    standin.rows(wanted).to_parquet(folder / "rows.parquet")
    train.run(wanted, folder / "rows.parquet", folder / "handoff")
    models = store.Store(folder / "models")
    accept.run(folder / "handoff", wanted, models, CLOCK, "a test", "a test")
    assert handoff.load(folder / "handoff").schema == wanted
    return models


def contract_of(*inputs: Input, **changes: Any) -> Contract:
    """A small contract."""
    known = (Input(name="km", kind="numeric", min=0), Input(name="zone", kind="categorical", nullable=True))
    return Contract(**{"target": "minutes", "task": "regression", "inputs": inputs or known, **changes})


@contextmanager
def imported(out: Path) -> Iterator[ModuleType]:
    """The client that lies in `out`."""
    sys.path.insert(0, str(out))
    try:
        importlib.invalidate_caches()
        yield importlib.import_module(generate.PACKAGE)
    finally:
        sys.path.remove(str(out))
        for name in [it for it in sys.modules if it.split(".")[0] == generate.PACKAGE]:
            del sys.modules[name]


def written(wanted: project.Schema, out: Path, looked_up: frozenset[str] = frozenset()) -> Path:
    generate.write(out, contract.of(wanted, looked_up))
    return out
