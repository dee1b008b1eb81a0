"""Small pipelines and repos for the tests of training."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.tracking._tracking_service import utils

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.events import outbox
from {{cookiecutter.package_name}}.model import frame
from {{cookiecutter.package_name}}.training import lock as locks
from {{cookiecutter.package_name}}.training import registry, run
from {{cookiecutter.package_name}}.training.register import Made
from {{cookiecutter.package_name}}.workspace import Workspace

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
    lock(root)
    drop(root, rows(count))
    return root


def lock(root: Path) -> None:
    """Lock what is installed here, so that these tests ask nothing of the environment in which they run.

    A dependency of a project's own may not be in its lock yet.
    """
    path = root / locks.PATH
    lines = [pinned(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines += [f"{name}=={metadata.version(name)}" for name in sorted(locks.declared(root) - set(locks.load(root)))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def pinned(line: str) -> str:
    """A line of the lock with the installed version."""
    found = re.match(r"([\w.-]+)==\S+", line)
    try:
        return f"{found[1]}=={metadata.version(found[1])}{line[found.end() :]}" if found else line
    except metadata.PackageNotFoundError:  # for another platform
        return line


ADDRESSES = {
    "experiments": ["artifact_location"],
    "runs": ["artifact_uri"],
    "model_versions": ["source", "storage_location"],
}


def moved(old: Path, new: Path) -> None:
    """MLflow and the index of steps know folders by their whole path: in a copy they must lead to the copy."""
    utils._artifact_repos_cache.clear()  # by the run's id, which the copy has too: it would write into the original
    with closing(sqlite3.connect(new / "workspaces" / "dev" / "mlflow.db")) as connection, connection:
        for table, columns in ADDRESSES.items():
            for column in columns:
                change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"  # noqa: S608
                connection.execute(change, (str(old), str(new)))
    for path in (new / "workspaces" / "dev").rglob("*.json"):
        if path.parent.name == "reuse" or path.name == "notes.json":
            path.write_text(path.read_text(encoding="utf-8").replace(str(old), str(new)), encoding="utf-8")


def replace(path: Path, before: str, after: str) -> None:
    """Change a file's text, which must hold what is replaced."""
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


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


# --- what a workspace holds


def again(place: Workspace, **options: Any) -> run.Outcome:
    """Run the training pipeline."""
    return run.start(place, "training", run.Options(**options), SystemClock(), lambda _: None)


def registered(place: Workspace) -> registry.Registry:
    return registry.Registry(place, SystemClock())


def told(place: Workspace) -> list[tuple[str, str]]:
    """(type, what it says) of every event in the outbox, in order."""
    with workspace.database(place.state, outbox.TABLES) as connection:
        found = [json.loads(row["body"]) for row in connection.execute("SELECT body FROM outbox ORDER BY number")]
    return [(it["type"].rpartition(".")[2], said(it["data"])) for it in found]


def said(data: dict[str, str]) -> str:
    """What an event is about, in a word."""
    return data.get("runStatus") or data.get("ModelVersion") or data.get("ModelIds") or ""


def folders(place: Workspace) -> Made:
    """What the steps of the one run have left."""
    (base,) = (path for path in place.runs.iterdir() if path.is_dir())
    return Made(
        snapshot=base / "ingest" / "snapshot",
        table=base / "features" / "table",
        model=base / "train" / "model",
        handoff=base / "evaluate" / "handoff",
        evaluation=base / "evaluate" / "evaluation",
        verdict=base / "gate" / "verdict",
    )


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def rewrite(path: Path, **values: Any) -> None:
    """Change keys of a JSON file."""
    path.write_text(json.dumps({**read(path), **values}, indent=2), encoding="utf-8")
