"""MLflow: runs with parameters, metrics and artifacts, on SQLite in the workspace or on the server that is named."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # read when mlflow is imported
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunTag  # noqa: E402

from ..workspace import TRACKING, Workspace  # noqa: E402

LONGEST = 6000  # of a parameter's text, as MLflow stores it
logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
logging.getLogger("alembic").setLevel(logging.WARNING)


@dataclass
class Run:
    """An open run, and the seconds that MLflow took of it."""

    client: Any
    id: str
    seconds: float = 0.0
    said: set[str] = field(default_factory=set)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count what is done inside as MLflow's share."""
        started = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - started


def client(workspace: Workspace) -> Any:
    """The client for a workspace, whose database is made at first use."""
    workspace.folder.mkdir(parents=True, exist_ok=True)
    return MlflowClient(workspace.tracking_uri)


def start(workspace: Workspace, experiment: str, name: str, tags: dict[str, str]) -> Run:
    """A new run in `experiment`, which is made if absent."""
    started = time.perf_counter()
    found = client(workspace)
    known = found.get_experiment_by_name(experiment)
    if known is None:
        local = TRACKING not in os.environ
        where = (workspace.artifacts / experiment).resolve().as_uri() if local else None
        known_id = found.create_experiment(experiment, artifact_location=where)
    else:
        known_id = known.experiment_id
    made = found.create_run(known_id, run_name=name, tags=tags)
    return Run(found, made.info.run_id, time.perf_counter() - started)


def ambient() -> Run:
    """The run that a job of Azure Machine Learning, or `mlflow run`, has opened around this process."""
    import mlflow

    active = mlflow.active_run() or mlflow.start_run()
    return Run(MlflowClient(), active.info.run_id)


def say(run: Run, said: dict[str, Any]) -> None:
    """Log a step's notes in one batch, then its artifacts."""
    with run.timed():
        now = int(time.time() * 1000)
        metrics = [Metric(name, float(value), now, 0) for name, value in said["metrics"].items()]
        metrics += [
            Metric(name, float(value), now, int(at)) for name, curve in said["curves"].items() for at, value in curve
        ]
        fresh = {name: text for name, text in said["params"].items() if name not in run.said}
        run.said |= set(fresh)
        params = [Param(name, str(text)[:LONGEST]) for name, text in fresh.items()]
        for start_at in range(0, max(len(metrics), 1), 900):  # MLflow takes a thousand at once
            run.client.log_batch(run.id, metrics[start_at : start_at + 900], params if not start_at else [])
        for name, folder in said["artifacts"].items():
            run.client.log_artifacts(run.id, folder, name)


def tag(run: Run, tags: dict[str, str]) -> None:
    """Set tags in one batch."""
    with run.timed():
        run.client.log_batch(run.id, tags=[RunTag(name, text) for name, text in tags.items()])


def end(run: Run, *, failed: bool) -> None:
    """Close the run."""
    with run.timed():
        run.client.set_terminated(run.id, "FAILED" if failed else "FINISHED")


def artifact_folder(run: Run, name: str) -> Path | None:
    """Where an artifact of the run lies, if that is on this machine."""
    from mlflow.utils.file_utils import local_file_uri_to_path

    uri = str(run.client.get_run(run.id).info.artifact_uri)
    return Path(local_file_uri_to_path(uri)) / name if uri.startswith("file:") else None
