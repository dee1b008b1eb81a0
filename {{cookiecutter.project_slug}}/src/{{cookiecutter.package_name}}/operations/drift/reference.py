"""What a served model learned from, and how it did before its release: what its windows are held against."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from ...clock import Clock
from ...deployment.comparison import losses
from ...deployment.serving.state import Deployment, Endpoint
from ...errors import DataError, ModelError
from ...features import build
from ...model import frame, handoff, project
from ...model.project import Schema
from ...training import judge, snapshot
from ...training.registry import RECORD, RECORDS, Registry, Version
from ...workspace import Workspace
from . import columns, kept, learn
from .kept import Shelf
from .profile import Profile

FOLDER = "monitor"
EVALUATION = "evaluation"


@dataclass(frozen=True)
class Reference:
    """The profiles of a served model: `features` of the snapshot that it came from, `answers` on its held-out rows."""

    deployment: Deployment
    schema: Schema
    features: Profile
    answers: Profile

    @property
    def parts(self) -> tuple[Profile, Profile]:
        return self.features, self.answers


def served(place: Workspace, name: str = "") -> Deployment:
    """The deployment `name`, else the one with most of the traffic. Raises `DataError` where there is none."""
    state = Endpoint(place).current()
    if name and name in state.deployments:
        return state.deployments[name]
    if name or not state.traffic:
        wrong = f"no deployment {name!r} is there" if name else f"nothing is served in {place.name}"
        there = ", ".join(state.deployments) or "none"
        raise DataError(wrong, fix=f"deployments of {place.name}: {there}; set MLOPS_WORKSPACE for another workspace")
    return state.deployments[max(state.traffic, key=lambda it: (state.traffic[it], it))]


def find(place: Workspace, clock: Clock, block: timedelta, name: str = "") -> Reference:
    """The reference of a deployment. Raises `ModelError` or `DataError` where what it came from is gone."""
    deployment = served(place, name)
    registry = Registry(place, clock)
    version = version_of(registry, deployment)
    loaded = handoff.load(Path(deployment.folder))
    schema = loaded.schema
    with registry.files(version, RECORDS) as folder:
        record = handoff.read_json(folder / RECORD)
    shelf, watched, time = kept.shelf(place), columns.features(schema), schema.table.timestamp
    rows = table(place, deployment.digest, record, clock)
    about = kept.about(kept.of_files(rows), watched, time, block)
    learned = shelf.profile(about, lambda: learn.run(rows, watched, time, block))
    with registry.files(version, EVALUATION) as folder:
        path = folder / judge.PREDICTIONS
        if handoff.sha256(path) != record["predictions_sha256"]:
            wrong = f"the recorded predictions of version {version.number} were altered"
            raise ModelError(wrong, fix="restore the artifacts of the workspace")
        classes = [str(it) for it in loaded.pipeline.classes_] if schema.classification else []
        return Reference(deployment, schema, learned, answers(shelf, path, record, schema, classes, block))


def answers(
    shelf: Shelf, path: Path, record: dict[str, Any], schema: Schema, classes: list[str], block: timedelta
) -> Profile:
    """The profile of the evaluation's predictions; they are as recorded."""
    watched = columns.answers(schema)
    more = {"schema": schema.model_dump(mode="json"), "classes": classes}
    about = kept.about(record["predictions_sha256"], watched, columns.AT, block, **more)

    def make() -> Profile:
        return learn.run(held_out(pd.read_parquet(path), schema, classes), watched, columns.AT, block)

    return shelf.profile(about, make)


def version_of(registry: Registry, deployment: Deployment) -> Version:
    """The registered version of a deployment's model."""
    found = next((it for it in registry.versions() if it.sha256 == deployment.digest), None)
    if found is None:
        wrong = f"the model {deployment.digest[:12]} of {deployment.name} is no version of {registry.place.name}"
        raise ModelError(wrong, fix="deploy a registered version")
    return found


def table(place: Workspace, digest: str, record: dict[str, Any], clock: Clock) -> Path:
    """The feature table of the run; built again from the recorded snapshot where the run took it from another one."""
    for home in sorted((place.root / "workspaces").glob(f"*/runs/{record['run']}")):
        if (home / "features" / "table" / build.TABLE).is_file():
            return home / "features" / "table" / build.TABLE
    kept = place.folder / FOLDER / digest[:16]
    if not (kept / build.TABLE).is_file():
        facts = snapshot.Snapshot(**record["snapshot"])
        with tempfile.TemporaryDirectory(prefix="monitor-") as scratch:
            frozen = Path(scratch, "snapshot")
            own = next(iter((place.root / "workspaces").glob(f"*/runs/{record['run']}/ingest/snapshot")), Path(scratch))
            snapshot.again(place.landed, facts, frozen, own)
            schema = project.load(place.root / "project.toml").schema_only
            build.build(schema, frozen, Path(scratch, "store"), kept, clock, lambda _: None)
    return kept / build.TABLE


def held_out(predictions: pd.DataFrame, schema: Schema, classes: list[str]) -> pa.Table:
    """The evaluation's predictions for rows that the model did not learn from, as answers."""
    given = predictions[[name for name in predictions if str(name).startswith("predicted_")]].to_numpy()
    if schema.classification:
        said: Iterable[Any] = (
            {"prediction": classes[int(row.argmax())], "probabilities": dict(zip(classes, row.tolist(), strict=True))}
            for row in given
        )
    else:
        said = given[:, 0].tolist()
    recorded = pd.Series(list(said), index=predictions.index, dtype=object if schema.classification else "float64")
    return answered(predictions[schema.table.timestamp], recorded, predictions[schema.table.target], schema)


def answered(at: pd.Series, predictions: pd.Series, outcomes: pd.Series, schema: Schema) -> pa.Table:
    """Answers as a table: time, prediction, and the loss where the outcome is known; see deployment's `losses.py`."""
    found, read, probable = losses.answers(predictions, outcomes, schema)
    known = read & outcomes.notna().to_numpy()
    cost = losses.choose(schema, probable).of(found) if len(read) else found.given
    value = [frame.category(it) for it in predictions.map(losses.said)] if schema.classification else found.predicted
    return pa.table(
        {
            columns.AT: pa.array(frame.as_timestamp(at).to_numpy()),
            columns.PREDICTION: pa.array(value, pa.string() if schema.classification else pa.float64()),
            columns.LOSS: pa.array(pd.Series(cost, dtype="float64").where(known), pa.float64(), from_pandas=True),
        }
    )
