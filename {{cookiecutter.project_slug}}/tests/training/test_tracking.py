"""What a step has to say goes where whoever runs it asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


def test_without_such_a_file_they_go_to_the_run_that_is_open(place: Workspace) -> None:
    words = f"import mlflow; from importlib import import_module as load; tracking = load({tracking.__name__!r})\n"
    words += "with mlflow.start_run(experiment_id='1') as run:\n"
    words += "    tracking.note(params={'seed': '7'}, metrics={'rows': 3})\n"
    told = {**os.environ, workspace.TRACKING: place.tracking_uri, "PYTHONPATH": os.pathsep.join(sys.path)}
    told.pop(tracking.NOTES)
    script = [sys.executable, "-c", words + "print(run.info.run_id)"]
    ran = subprocess.run(script, env=told, capture_output=True, text=True, check=True)  # noqa: S603
    found = made.registered(place).client.get_run(ran.stdout.split()[-1]).data
    assert (found.params, found.metrics) == ({"seed": "7"}, {"rows": 3.0})
