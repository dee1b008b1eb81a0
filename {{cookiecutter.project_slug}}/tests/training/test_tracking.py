"""What a step has to say goes where whoever runs it asks for it."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.training import tracking
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


def test_notes_go_to_the_file_that_the_runner_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tracking.NOTES, str(tmp_path / "notes.json"))
    tracking.note(
        metrics={"rows": 3}, curves={"loss": [(1, 0.5)]}, artifacts={"plots": tmp_path}, tags={"gate": "passed"}
    )
    assert made.read(tmp_path / "notes.json") == {
        "params": {},
        "tags": {"gate": "passed"},
        "metrics": {"rows": 3},
        "curves": {"loss": [[1, 0.5]]},
        "artifacts": {"plots": str(tmp_path)},
    }


def test_without_such_a_file_they_go_to_the_run_that_is_open(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tracking.NOTES, raising=False)
    monkeypatch.setenv(workspace.TRACKING, place.tracking_uri)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(place.tracking_uri)
    try:
        with mlflow.start_run(experiment_id="1") as active:
            tracking.note(params={"seed": "7"}, metrics={"rows": 3})
    finally:
        mlflow.set_tracking_uri(before)
    found = made.registered(place).client.get_run(active.info.run_id).data
    assert (found.params, found.metrics) == ({"seed": "7"}, {"rows": 3.0})
