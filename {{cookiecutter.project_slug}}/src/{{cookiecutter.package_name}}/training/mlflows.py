"""MLflow: runs with parameters, metrics and artifacts, on SQLite in the workspace or on the server that is named."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..errors import MlopsError
from ..workspace import TRACKING, Workspace

os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # read when mlflow is imported
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

LONGEST = 6000  # of a parameter's text, as MLflow stores it
SHORT = 5000  # of a tag's
BATCH = 900  # metrics at once, of which MLflow takes a thousand
FAILED, FINISHED = "FAILED", "FINISHED"


class TrackingError(MlopsError):
    """MLflow does not answer, or not as it should."""


@dataclass
class Spent:
    """How long this process was busy with MLflow."""

    seconds: float = 0.0
    depth: int = 0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count what is done inside, once where these are nested."""
        started, self.depth = time.perf_counter(), self.depth + 1
        try:
            yield
        finally:
            self.depth -= 1
            if not self.depth:
                self.seconds += time.perf_counter() - started


SPENT = Spent()
with SPENT.timed():
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.exceptions import MlflowException
TO_IMPORT = SPENT.seconds

logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
logging.getLogger("alembic").setLevel(logging.WARNING)


@dataclass
class Run:
    """An open run, and the parameters that it has already: MLflow refuses another value."""

    client: Any
    id: str
    said: set[str] = field(default_factory=set)


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Count the time, and raise `TrackingError` where MLflow refuses or cannot be reached."""
    with SPENT.timed():
        try:
            yield
        except (MlflowException, OSError) as error:
            fix = f"look at {os.environ.get(TRACKING) or 'the workspace'} ({TRACKING} names a server); then run again"
            raise TrackingError(f"MLflow cannot {what}: {str(error).splitlines()[0]}", fix=fix) from error


def client(workspace: Workspace) -> Any:
    """The client for a workspace, whose database is made at first use."""
    workspace.folder.mkdir(parents=True, exist_ok=True)
    with asked("open its store"):
        return MlflowClient(workspace.tracking_uri)


def start(workspace: Workspace, experiment: str, name: str, tags: dict[str, str]) -> Run:
    """A new run in `experiment`, which is made if absent. Raises `TrackingError`."""
    found = client(workspace)
    with asked(f"begin a run in {experiment}"):
        known = found.get_experiment_by_name(experiment)
        if known is None:
            local = not os.environ.get(TRACKING)
            where = (workspace.artifacts / experiment).resolve().as_uri() if local else None
            known_id = found.create_experiment(experiment, artifact_location=where)
        else:
            known_id = known.experiment_id
        made = found.create_run(known_id, run_name=name, tags=tags)
    return Run(found, made.info.run_id)


def ambient() -> Run:
    """The run that a job of Azure Machine Learning, or `mlflow run`, has opened around this process."""
    import mlflow

    active = mlflow.active_run() or mlflow.start_run()
    return Run(MlflowClient(), active.info.run_id)


def say(run: Run, said: dict[str, Any]) -> None:
    """Log a step's notes in one batch, then its artifacts."""
    now = int(time.time() * 1000)
    metrics = [Metric(name, float(value), now, 0) for name, value in said["metrics"].items()]
    metrics += [
        Metric(name, float(value), now, int(at)) for name, curve in said["curves"].items() for at, value in curve
    ]
    fresh = {name: text for name, text in said["params"].items() if name not in run.said}
    run.said |= set(fresh)
    params = [Param(name, str(text)[:LONGEST]) for name, text in fresh.items()]
    tags = [RunTag(name, str(text)[:SHORT]) for name, text in said["tags"].items()]
    with asked("keep what a step has to say"):
        for at in range(0, max(len(metrics), 1), BATCH):
            run.client.log_batch(run.id, metrics[at : at + BATCH], *([] if at else [params, tags]))
        for name, folder in said["artifacts"].items():
            run.client.log_artifacts(run.id, folder, name)


def end(run: Run, *, failed: bool) -> None:
    """Close the run."""
    with asked("end a run"):
        run.client.set_terminated(run.id, FAILED if failed else FINISHED)


def abandon(workspace: Workspace, experiment: str, run: str) -> None:
    """Close what a process that died has left open for our run `run`; nothing where it had not begun there."""
    found = client(workspace)
    with asked("end a run that died"):
        known = found.get_experiment_by_name(experiment)
        left = found.search_runs([known.experiment_id], f"tags.run = '{run}'") if known else []
        for it in left:
            found.set_terminated(it.info.run_id, FAILED)
