"""Models that tell each other apart by what they answer, broken ones, and an endpoint of committed states."""

from __future__ import annotations

import json
import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from {{cookiecutter.package_name}} import clock
from {{cookiecutter.package_name}}.deployment.serving import state
from {{cookiecutter.package_name}}.model import handoff, project, train
from {{cookiecutter.package_name}}.workspace import Workspace

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOCK = clock.SimulatedClock(AT)
# trips of riders; the rider is the entity
PROJECT = """
[source]
folder = "drop"
[table]
path = "data/rows.csv"
timestamp = "at"
target = "y"
entity = "rider"
[columns]
km = { kind = "numeric", min = 0 }
rider = { kind = "categorical" }
[features]
calendar = ["hour"]
[training]
task = "regression"
estimator = "linear"
seed = 3
[metric]
name = "mae"
direction = "lower"
"""


def repo(folder: Path) -> Workspace:
    """A repo whose workspace `prod` serves, as in this one; gives that workspace."""
    (folder / "workspaces.toml").write_text("[workspace.dev]\n[workspace.prod]\n", encoding="utf-8")
    return Workspace(folder, "prod")


def schema(task: str = "regression") -> project.Schema:
    raw: dict[str, Any] = tomllib.loads(PROJECT)
    raw["training"]["task"] = task
    raw["metric"]["name"] = "mae" if task == "regression" else "log_loss"
    return project.parse(raw).schema_only


def rows(task: str, slope: float) -> pd.DataFrame:
    """Rows of which the longer takes longer, `slope` for each kilometre."""
    random = np.random.default_rng(1)
    at = pd.Timestamp("2025-03-03") + pd.to_timedelta(np.arange(400) * 37, unit="min")
    km = random.uniform(1, 20, len(at)).round(2)
    y = slope * km + random.normal(0, 0.5, len(at))
    rider = [f"rider {number}" for number in random.integers(0, 40, len(at))]
    target = y if task == "regression" else np.where(y > slope * 10, "long", "short")
    return pd.DataFrame({"at": at, "km": km, "rider": rider, "y": target})


def trained(folder: Path, slope: float, task: str = "regression") -> Path:
    """A hand-off folder with a model that learned from them."""
    table = folder / "rows.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    rows(task, slope).to_parquet(table)
    train.run(schema(task), table, folder / "handoff")
    return folder / "handoff"


def record(rider: str = "rider 7", km: float = 5.0) -> dict[str, Any]:
    return {"at": "2026-03-02T08:00:00", "km": km, "rider": rider}


def digest(folder: Path) -> str:
    return str(handoff.read_json(folder / handoff.SCHEMA)["model_sha256"])


def deploy(name: str, folder: Path, version: str = "1") -> state.Step:
    return state.deploy(name, version, digest(folder), folder)


def change(place: Workspace, *steps: state.Step, reason: str = "a test") -> state.State:
    return state.Endpoint(place).change(*steps, at=AT, by="a test", reason=reason)


def copied(folder: Path, to: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(folder, to))


def altered(folder: Path, to: Path) -> Path:
    """A model file that is not the one that was handed off."""
    made = copied(folder, to)
    (made / handoff.MODEL).write_bytes((made / handoff.MODEL).read_bytes() + b" ")
    return made


def lying(folder: Path, to: Path) -> Path:
    """A model whose sample answers are recorded otherwise, with checksums that hold."""
    made = copied(folder, to)
    content = json.loads((made / handoff.RESPONSE).read_text(encoding="utf-8"))
    content["predictions"][0]["prediction"] = 123.0
    handoff.write_json(made / handoff.RESPONSE, content)
    (made / handoff.SUMS).write_text(handoff.sums(made), encoding="utf-8", newline="\n")
    return made


def replaced(folder: Path, other: Path, to: Path) -> tuple[Path, str]:
    """(a folder with another model than was deployed from it, the digest that was deployed)."""
    return copied(other, to), digest(folder)
