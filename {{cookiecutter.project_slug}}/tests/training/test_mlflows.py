"""MLflow's half of a run: what is said arrives whole, and what does not answer is named."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.training import mlflows, runner
from {{cookiecutter.package_name}}.workspace import Workspace


@pytest.fixture
def opened(place: Workspace) -> mlflows.Run:
    """A run that is open."""
    return mlflows.start(place, "training", "r1", {"run": "r1", "commit": "abc"})


def say(run: mlflows.Run, **said: Any) -> Any:
    """Say it; gives the run as MLflow has it then."""
    mlflows.say(run, {**runner.EMPTY, **said})
    return run.client.get_run(run.id)


def test_a_run_has_its_name_and_tags(opened: mlflows.Run) -> None:
    found = opened.client.get_run(opened.id)
    assert (found.info.run_name, found.info.status, found.data.tags["commit"]) == ("r1", "RUNNING", "abc")


def test_its_artifacts_lie_in_the_workspace(opened: mlflows.Run, place: Workspace) -> None:
    assert opened.client.get_run(opened.id).info.artifact_uri.startswith(place.artifacts.as_uri())


def test_an_experiment_is_made_when_it_is_first_named(place: Workspace) -> None:
    run = mlflows.start(place, "another", "r1", {})
    again = mlflows.start(place, "another", "r2", {})
    ids = {run.client.get_run(it.id).info.experiment_id for it in (run, again)}
    assert len(ids) == 1
    assert ids != {"1"}


def test_figures_curves_tags_and_files_arrive(opened: mlflows.Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("1", encoding="utf-8")
    told = {"metrics": {"mae": 1.5}, "params": {"seed": "7"}, "tags": {"gate": "passed"}}
    found = say(opened, **told, curves={"loss": [[1, 0.5], [10, 0.25]]}, artifacts={"plots": str(tmp_path / "out")})
    assert (found.data.metrics["mae"], found.data.params["seed"], found.data.tags["gate"]) == (1.5, "7", "passed")
    history = opened.client.get_metric_history(opened.id, "loss")
    assert [(it.step, it.value) for it in history] == [(1, 0.5), (10, 0.25)]
    assert [it.path for it in opened.client.list_artifacts(opened.id, "plots")] == ["plots/a.txt"]


def test_more_than_mlflow_takes_at_once_arrives_too(opened: mlflows.Run) -> None:
    many = [[at, float(at)] for at in range(2 * mlflows.BATCH + 7)]
    say(opened, curves={"loss": many}, params={"seed": "7"})
    assert len(opened.client.get_metric_history(opened.id, "loss")) == len(many)


def test_a_parameter_that_was_said_before_is_not_said_again(opened: mlflows.Run) -> None:
    say(opened, params={"seed": "7"})
    assert say(opened, params={"seed": "8"}).data.params == {"seed": "7"}


def test_long_texts_are_cut_to_what_mlflow_keeps(opened: mlflows.Run) -> None:
    found = say(opened, params={"long": "x" * 9000}, tags={"long": "y" * 9000})
    assert (len(found.data.params["long"]), len(found.data.tags["long"])) == (mlflows.LONGEST, mlflows.SHORT)


@pytest.mark.parametrize(("failed", "status"), [(True, "FAILED"), (False, "FINISHED")])
def test_a_run_ends_as_it_went(opened: mlflows.Run, failed: bool, status: str) -> None:
    mlflows.end(opened, failed=failed)
    assert opened.client.get_run(opened.id).info.status == status


def test_what_a_dead_process_left_open_is_closed_and_nothing_else(opened: mlflows.Run, place: Workspace) -> None:
    other = mlflows.start(place, "training", "r2", {"run": "r2"})
    mlflows.abandon(place, "training", "r1")
    mlflows.abandon(place, "training", "never-begun")
    mlflows.abandon(place, "never-made", "r1")
    statuses = [opened.client.get_run(it.id).info.status for it in (opened, other)]
    assert statuses == ["FAILED", "RUNNING"]


def test_a_run_that_is_not_there_is_an_error_with_a_fix(place: Workspace) -> None:
    with pytest.raises(mlflows.TrackingError, match="MLflow cannot end a run") as caught:
        mlflows.end(mlflows.Run(mlflows.client(place), "0" * 32), failed=False)
    assert workspace.TRACKING in caught.value.fix


def test_a_server_that_does_not_answer_is_named(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv(workspace.TRACKING, "http://127.0.0.1:9")
    with pytest.raises(mlflows.TrackingError, match="begin a run in training") as caught:
        mlflows.start(place, "training", "r1", {})
    assert "http://127.0.0.1:9" in caught.value.fix


def test_time_spent_is_counted_once_where_calls_are_nested() -> None:
    spent = mlflows.Spent()
    began = time.perf_counter()
    with spent.timed(), spent.timed():
        sum(range(200_000))
    assert 0 < spent.seconds <= time.perf_counter() - began
    with pytest.raises(KeyError), spent.timed():
        raise KeyError
    assert spent.depth == 0
