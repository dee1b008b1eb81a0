"""Small pipelines and repos for the tests of training."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

from {{cookiecutter.package_name}}.model import frame

PROJECT = """
[source]
folder = "drop"

[table]
path = "data/rows.csv"
timestamp = "at"
target = "minutes"
key = ["id"]
label_delay = "1h"

[columns]
km = { kind = "numeric", min = 0 }
zone = { kind = "categorical" }

[features]
calendar = ["hour"]

[training]
task = "regression"
estimator = "linear"
seed = 7
slices = ["zone"]

[metric]
name = "mae"
direction = "lower"
"""
GATE = """
[rows]
train = 200
test = 50
slice = 20
"""


def rows(count: int, *, first: int = 0, noise: float = 0.5) -> pd.DataFrame:
    """Trips of which the longer takes longer; `first` is the number of the first, an hour apart from each other."""
    random = np.random.default_rng(first)
    number = np.arange(first, first + count)
    km = random.uniform(1, 20, count).round(3)
    return pd.DataFrame(
        {
            "id": number,
            "at": pd.Timestamp("2025-01-06") + pd.to_timedelta(number, unit="h"),
            "km": km,
            "zone": np.where(number % 2, "north", "south"),
            "minutes": (3 * km + random.normal(0, noise, count)).round(3),
        }
    )


def repo(root: Path, template: Path, *, count: int = 1000) -> Path:
    """A repo in `root` with the code and pipelines of `template`, and a table of our own."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("src", "azure", "environments"):
        shutil.copytree(template / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "levels.toml", ".ladder.json"):
        shutil.copyfile(template / name, root / name)
    (root / "project.toml").write_text(PROJECT, encoding="utf-8")
    (root / "gate.toml").write_text(GATE, encoding="utf-8")
    (root / ".gitignore").write_text("/data/\n/drop/\n/workspaces/\n/models/\n/reports/\n", encoding="utf-8")
    drop(root, rows(count))
    return root


def drop(root: Path, table: pd.DataFrame) -> None:
    """Put rows where the source has them."""
    frame.write(table, root / "drop" / f"{table['id'].iloc[0]:06d}.csv")


def commit(root: Path, message: str) -> str:
    """Everything that git does not ignore becomes a commit; gives its name."""
    if not (root / ".git").exists():
        git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "-c", "user.name=tester", "-c", "user.email=tester@example.invalid", "commit", "--quiet", "-m", message)
    return git(root, "rev-parse", "HEAD").strip()


def git(root: Path, *words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)  # noqa: S603, S607
    return ran.stdout
