"""`mlops reproduce VERSION`: train again from what was recorded, and compare to the last digit."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import workspace
from ..clock import Clock, SystemClock
from ..errors import ModelError
from ..model import handoff, project
from ..workspace import Workspace
from . import code, environment, fit, judge, parts, snapshot, tracking, validate
from .registry import RECORD, RECORDS, Registry, Version
from .runner import Echo

STEPS = ("report", "table", "train", "test", "model", "champion", "evaluation", "handoff")


@dataclass(frozen=True)
class Proof:
    """What came out the second time, beside what was recorded."""

    version: str
    metric: str
    recorded: float
    again: float
    rows: int
    largest: float
    where: str

    @property
    def holds(self) -> bool:
        """Equal to the last digit: the figure, and every prediction of the probe."""
        return self.recorded == self.again and self.largest == 0.0

    @property
    def sentence(self) -> str:
        word = "reproduced" if self.holds else "NOT REPRODUCED"
        probe = f"{self.rows:,} predictions differ by at most {self.largest:g}"
        return f"version {self.version} {word}: {self.metric} {self.again!r}, recorded {self.recorded!r}; {probe}"


def run(place: Workspace, wanted: str, clock: Clock, echo: Echo = lambda _: None) -> Proof:
    """Train version `wanted` again. Raises `ModelError` or `DataError` where data, code or environment are gone."""
    registry = Registry(place, clock)
    version = registry.get(wanted)
    with registry.files(version, RECORDS) as folder:
        record = handoff.read_json(folder / RECORD)
    same_environment(record, place.root)
    with tempfile.TemporaryDirectory(prefix="reproduce-") as scratch:
        frozen = Path(scratch, "snapshot")
        own = place.runs / record["run"] / "ingest" / "snapshot"
        snapshot.again(place.landed, snapshot.Snapshot(**record["snapshot"]), frozen, own)
        echo(f"data: snapshot {record['snapshot']['state'][:12]} of batch {record['snapshot']['batch']} is as recorded")
        with code_of(record, place.root) as (root, where):
            echo(f"code: {where}")
            out = Path(scratch, "again")
            train_in(root, frozen, out)
        proof = compare(registry, version, record, out, where)
    echo(proof.sentence)
    if not proof.holds:
        raise ModelError(proof.sentence, fix="something that decides about the model is not recorded: find it")
    return proof


def same_environment(record: dict[str, Any], root: Path) -> None:
    """Raises `ModelError` naming what is installed otherwise than it was: the lock, and where it was not kept to."""
    then, now = record["environment"], environment.described(root)
    unlocked = environment.check(root)
    if then["digest"] == now["digest"] and record["unlocked"] == unlocked:
        return
    before, after = dict(then["packages"]), dict(now["packages"])
    other = [
        f"{name} was {before.get(name)}, is {after.get(name)}" for name in before if before[name] != after.get(name)
    ]
    other += [f"then {said}" for said in record["unlocked"] if said not in unlocked]
    other += [f"now {said}" for said in unlocked if said not in record["unlocked"]]
    fix = f"check out commit {record['commit'][:12]}, run `make setup` there, and try again"
    raise ModelError(f"the environment is not the recorded one: {'; '.join(other[:5]) or 'another lock'}", fix=fix)


@contextmanager
def code_of(record: dict[str, Any], root: Path) -> Iterator[tuple[Path, str]]:
    """A folder with the recorded code: this one where it is the same, else the commit in a worktree of its own."""
    if code.digest(root) == record["code_sha256"]:
        yield root, f"the same as then, {record['code_sha256'][:12]}"
        return
    commit = str(record["commit"])
    if record["uncommitted"] or code.git(root, "cat-file", "-e", f"{commit}^{{commit}}") is None:
        wrong = "it was never committed" if record["uncommitted"] else f"commit {commit[:12]} is not in this repo"
        raise ModelError(f"the code that made it is gone: {wrong}", fix="fetch the commit, or train and register anew")
    with tempfile.TemporaryDirectory(prefix="code-") as scratch:
        tree = Path(scratch, "tree")
        if code.git(root, "worktree", "add", "--detach", str(tree), commit) is None:
            raise ModelError(f"git cannot check out {commit[:12]} beside this", fix="see `git worktree add` for why")
        try:
            inner = (code.git(root, "rev-parse", "--show-prefix") or "").strip()
            yield tree / inner, f"commit {commit[:12]}, in a worktree"
        finally:
            code.git(root, "worktree", "remove", "--force", str(tree))


def train_in(root: Path, frozen: Path, out: Path) -> None:
    """Run the code in `root` on the snapshot, in a process of its own: this one may hold other code."""
    words = [sys.executable, str(root / code.LAUNCHER), "step", "again", "--snapshot", str(frozen), "--out", str(out)]
    told = {**os.environ, workspace.NAME: f"reproduce-{os.getpid()}", tracking.NOTES: str(out.parent / "notes.json")}
    ran = subprocess.run(words, cwd=root, env=told, capture_output=True, text=True, check=False)  # noqa: S603
    if ran.returncode:
        raise ModelError(f"training again failed: {ran.stderr.strip()[-2000:]}", fix="see the lines above")


def retrain(frozen: Path, out: Path) -> None:
    """All that decides about a model, from a snapshot on; into folders below `out`, the feature store with them."""
    from ..features import build

    schema = project.load().schema_only
    at = {name: out / name for name in STEPS}
    for folder in at.values():
        folder.mkdir(parents=True, exist_ok=True)
    validate.run(frozen, schema, at["report"])
    build.build(schema, frozen, out / "store", at["table"], SystemClock(), lambda _: None)
    parts.divide(at["table"], at["train"], at["test"])
    fit.run(at["train"], at["model"])
    judge.run(at["model"], at["train"], at["test"], at["champion"], at["evaluation"], at["handoff"])


def compare(registry: Registry, version: Version, record: dict[str, Any], out: Path, where: str) -> Proof:
    """The second model against the first: its figure, its predictions for every held-out row, its bytes."""
    metric = str(record["metric"])
    again = handoff.read_json(out / "evaluation" / judge.RESULT)["model"][metric]
    second = pd.read_parquet(out / "evaluation" / judge.PREDICTIONS)
    with registry.files(version, "evaluation") as folder:
        if handoff.sha256(folder / judge.PREDICTIONS) != record["predictions_sha256"]:
            wrong = f"the recorded predictions of version {version.number} were altered"
            raise ModelError(wrong, fix="restore the artifacts of the workspace: nothing can be compared with these")
        first = pd.read_parquet(folder / judge.PREDICTIONS)
    # the model file itself is no proof: skops writes the time and the objects' addresses into it
    return Proof(version.number, metric, record["value"], again, len(first), distance(first, second), where)


def distance(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """The largest difference of two predictions for one row; infinite where the rows are others."""
    names = [name for name in first if str(name).startswith("predicted_")]
    keys = [name for name in first if name not in names]
    if list(first) != list(second) or not first[keys].equals(second[keys]):
        return float("inf")
    return float(np.abs(first[names].to_numpy() - second[names].to_numpy()).max(initial=0.0))
