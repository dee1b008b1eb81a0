"""A run of the whole pipeline on real parts: what is skipped, what stops it, what it leaves."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.clock import SimulatedClock, SystemClock
from {{cookiecutter.package_name}}.data import lock, manifest
from {{cookiecutter.package_name}}.errors import DataError, MlopsError, ModelError
from {{cookiecutter.package_name}}.training import (
    code,
    environment,
    facts,
    gate,
    judge,
    mlflows,
    pipeline,
    registry,
    run,
)
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


def evaluation(done: run.Outcome) -> dict[str, Any]:
    """What the step `evaluate` has found."""
    return made.read(done.steps["evaluate"].outputs["evaluation"] / judge.RESULT)


def test_the_first_run_registers_version_1_and_tells_it(place: Workspace) -> None:
    (version,) = made.registered(place).versions()
    assert (version.number, version.aliases) == ("1", ("candidate",))
    assert version.tags["uncommitted"] == "0"
    assert all(version.tags.get(name) for name in registry.NEEDED)
    (fact,) = facts.latest(place)
    assert (fact.status, fact.version) == ("Completed", "1")
    assert made.told(place) == [
        ("RunStatusChanged", "Running"),
        ("ModelRegistered", "1"),
        ("RunStatusChanged", "Completed"),
        ("RunCompleted", ""),
    ]


def test_mlflow_has_parameters_metrics_verdict_and_pictures(place: Workspace) -> None:
    client = made.registered(place).client
    (experiment,) = [it for it in client.search_experiments() if it.name == "training"]
    (tracked,) = client.search_runs([experiment.experiment_id])
    assert tracked.data.params["estimator"] == "linear"
    assert tracked.data.metrics["test_mae"] < tracked.data.metrics["baseline_mae"]
    assert tracked.data.metrics["gate_passed"] == 1.0
    assert tracked.info.status == "FINISHED"
    names = {it.path for it in client.list_artifacts(tracked.info.run_id)}
    assert {"evaluation", "verdict", "model", "handoff", "record"} <= names
    pictures = {it.path for it in client.list_artifacts(tracked.info.run_id, "evaluation/plots")}
    assert "evaluation/plots/importance.png" in pictures


def test_mlflow_leads_back_to_data_code_environment_and_verdict(place: Workspace) -> None:
    client = made.registered(place).client
    (tracked,) = client.search_runs(["1"])
    said, (fact,) = {**tracked.data.params, **tracked.data.tags}, facts.latest(place)
    assert said["snapshot"] == manifest.load(place.landed).state
    assert said["commit"] == made.git(place.root, "rev-parse", "HEAD").strip()
    assert (said["environment"], said["code_sha256"]) == (environment.digest(place.root), code.digest(place.root))
    assert (said["run"], tracked.info.run_id) == (fact.id, fact.mlflow)
    assert said["gate"] == "passed"
    assert said["gate.baseline"].startswith("passed: gain ")
    kept = client.download_artifacts(tracked.info.run_id, "verdict/verdict.json")
    assert made.read(Path(kept)) == made.read(made.folders(place).verdict / gate.VERDICT)


def test_a_boosted_model_leaves_its_learning_curve(place: Workspace) -> None:
    made.replace(place.root / "project.toml", '"linear"', '"hist-gradient-boosting"')
    made.commit(place.root, "boosted")
    done = made.again(place)
    client = made.registered(place).client
    (tracked,) = client.search_runs(["1"], f"tags.run = '{done.run_id}'")
    history = client.get_metric_history(tracked.info.run_id, "test_mae_by_iteration")
    assert len(history) >= judge.CURVE_POINTS
    assert history[0].value > history[-1].value == pytest.approx(tracked.data.metrics["test_mae"])


def test_the_version_loads_by_its_alias_with_signature_and_example(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv(workspace.TRACKING, place.tracking_uri)
    mlflow.set_tracking_uri(place.tracking_uri)
    loaded = mlflow.sklearn.load_model(f"models:/{registry.name_of()}@candidate")
    about = mlflow.models.get_model_info(f"models:/{registry.name_of()}@candidate")
    assert about.signature is not None
    assert about.saved_input_example_info is not None
    assert len(loaded.steps) == 2


def test_a_second_run_skips_what_would_come_out_the_same(place: Workspace) -> None:
    done = made.again(place)
    assert {name for name, it in done.steps.items() if not it.skipped} == {"ingest", "register"}
    assert done.version == "1"
    assert done.again
    assert len(made.registered(place).versions()) == 1


def test_a_skipped_step_s_figures_are_in_the_new_run_too(place: Workspace) -> None:
    done = made.again(place)
    fact = next(it for it in facts.latest(place) if it.id == done.run_id)
    client = made.registered(place).client
    assert client.get_run(fact.mlflow).data.metrics["test_mae"] > 0


def test_new_rows_run_everything_and_the_champion_is_compared(place: Workspace) -> None:
    known = made.registered(place)
    known.promote(known.get("1"), by="tester", reason="", action="release")
    made.drop(place.root, made.rows(600, first=1000))
    done = made.again(place)
    assert not any(it.skipped for it in done.steps.values())
    assert done.version == "2"
    found = evaluation(done)["champion"]
    assert found["digest"] == known.get("1").sha256
    assert found["rows"] > 100
    assert known.get("2").tags["champion"] == known.get("1").sha256


def test_once_a_version_is_released_the_model_is_compared_and_no_more_trained(place: Workspace) -> None:
    known = made.registered(place)
    known.promote(known.get("1"), by="tester", reason="", action="release")
    done = made.again(place)
    assert {name for name, it in done.steps.items() if not it.skipped} == {"ingest", "evaluate", "gate", "register"}
    assert evaluation(done)["champion"]["gain"] == 0.0
    assert {name for name, it in made.again(place).steps.items() if not it.skipped} == {"ingest", "register"}


def test_another_gate_trains_nobody_again(place: Workspace) -> None:
    path = place.root / "gate.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[floors]\nminutes = { mae = 9.0 }\n", encoding="utf-8")
    made.commit(place.root, "a floor")
    done = made.again(place)
    assert {name for name, it in done.steps.items() if not it.skipped} == {"ingest", "gate", "register"}


# --- what stops it


def test_a_model_that_does_not_pass_is_not_registered(place: Workspace) -> None:
    path = place.root / "gate.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[floors]\nminutes = { mae = 0.001 }\n", encoding="utf-8")
    made.commit(place.root, "a floor that nothing reaches")
    before = made.told(place)
    with pytest.raises(gate.GateError, match="floor"):
        made.again(place)
    assert len(made.registered(place).versions()) == 1
    fact = facts.latest(place)[0]
    assert (fact.status, fact.version) == ("Failed", "")
    assert made.told(place)[len(before) :] == [("RunStatusChanged", "Running"), ("RunStatusChanged", "Failed")]
    client = made.registered(place).client
    tracked = client.get_run(fact.mlflow)
    assert (tracked.info.status, tracked.data.metrics["gate_passed"]) == ("FAILED", 0.0)
    assert "verdict" in {it.path for it in client.list_artifacts(fact.mlflow)}, "the verdict is kept with the run"


def test_a_step_that_fails_stops_what_follows_and_the_next_run_goes_on_there(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.drop(place.root, made.rows(300, first=1000))

    def broken(*_: object) -> None:
        raise ModelError("the evaluation broke", fix="mend it")

    with monkeypatch.context() as patch:
        patch.setattr(judge, "run", broken)
        with pytest.raises(ModelError, match="broke"):
            made.again(place)
    assert len(made.registered(place).versions()) == 1
    folder = place.runs / facts.latest(place)[0].id
    assert not (folder / "gate").exists()
    assert "the evaluation broke" in (folder / "evaluate" / "log.txt").read_text(encoding="utf-8")
    done = made.again(place)
    assert {name for name, it in done.steps.items() if it.skipped} == {"validate", "features", "split", "train"}
    assert done.version == "2"


def test_code_that_is_not_committed_is_refused_or_marked(place: Workspace) -> None:
    made.drop(place.root, made.rows(300, first=1000))
    path = place.root / "project.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("seed = 7", "seed = 8"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"not committed: project\.toml"):
        made.again(place)
    done = made.again(place, allow_uncommitted=True)
    assert made.registered(place).versions()[-1].tags["uncommitted"] == "1"
    assert done.version == "2"


def test_an_unknown_input_is_refused(place: Workspace) -> None:
    with pytest.raises(pipeline.PipelineError, match="'champoin' is no input"):
        made.again(place, inputs={"champoin": "x"})


def test_a_champion_that_is_left_out_is_not_compared_and_the_version_is_marked(place: Workspace) -> None:
    known = made.registered(place)
    known.promote(known.get("1"), by="tester", reason="", action="release")
    done = made.again(place, inputs={"champion": "none"}, fresh=True)
    assert evaluation(done)["champion"] is None
    assert known.get("2").marks == ["champion left out"]


def test_the_model_to_beat_can_be_named(place: Workspace) -> None:
    done = made.again(place, inputs={"champion": str(made.folders(place).handoff)})
    assert evaluation(done)["champion"]["gain"] == 0.0


def test_a_lenient_policy_registers_nothing(place: Workspace, tmp_path: Path) -> None:
    (tmp_path / "lenient.toml").write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match=r"another policy than gate\.toml"):
        made.again(place, inputs={"policy": str(tmp_path / "lenient.toml")}, fresh=True)
    assert len(made.registered(place).versions()) == 1


def test_a_landed_file_that_was_altered_stops_the_run(place: Workspace) -> None:
    path = next((place.landed).rglob("*.parquet"))
    content = path.read_bytes()
    path.unlink()  # a link: what runs have kept must not change with it
    path.write_bytes(content + b"x")
    with pytest.raises(MlopsError, match="is not what was landed"):
        made.again(place)


@pytest.mark.integration
def test_every_step_runs_alike_in_a_process_of_its_own(place: Workspace) -> None:
    first = made.read(made.folders(place).evaluation / judge.RESULT)["model"]
    apart = made.again(place, fresh=True, isolated=True)
    assert evaluation(apart)["model"] == first
    assert apart.version == "2"


def test_a_simulated_clock_dates_the_run(place: Workspace) -> None:
    at = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
    done = run.start(place, "training", run.Options(cause="nightly"), SimulatedClock(at), lambda _: None)
    assert done.run_id.startswith("20310102T030405-")
    assert facts.latest(place)[0].cause == "nightly"


# --- what is said and recorded


def test_what_will_be_refused_is_said_before_the_work_begins(place: Workspace) -> None:
    made.replace(place.root / "project.toml", "seed = 7", "seed = 8")
    said: list[str] = []
    with pytest.raises(ModelError, match="not committed"):
        run.start(place, "training", run.Options(), SystemClock(), said.append)
    assert said[1] == "warning: register will refuse, unless you --allow-uncommitted: project.toml"
    assert said[2] == "[1/8] ingest ..."


def test_where_it_is_allowed_or_nothing_is_registered_nobody_is_warned(place: Workspace) -> None:
    made.replace(place.root / "project.toml", "seed = 7", "seed = 8")
    said: list[str] = []
    run.start(place, "training", run.Options(allow_uncommitted=True), SystemClock(), said.append)
    assert not any(line.startswith("warning") for line in said)


def test_a_run_ends_with_a_line_that_says_it_all(place: Workspace) -> None:
    said: list[str] = []
    done = run.start(place, "training", run.Options(), SystemClock(), said.append)
    assert said[-1].startswith("version 1 (registered before: the same model) in ")
    assert "8 steps, 6 skipped" in said[-1]
    assert 0 < done.mlflow_seconds < done.seconds


def test_a_request_calls_it_by_name(place: Workspace) -> None:
    done = run.run(place, cause="schedule nightly", request="request-1")
    fact = facts.latest(place)[0]
    assert (fact.id, fact.cause, fact.request, fact.version) == (done.run_id, "schedule nightly", "request-1", "1")


def test_a_run_belongs_to_its_workspace_whatever_the_environment_names(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(workspace.NAME, "dev")
    other = Workspace(place.root, "other")
    other.folder.mkdir()
    shutil.copyfile(place.folder / "mlflow.db", other.folder / "mlflow.db")  # a new one takes MLflow seconds
    made.registered(other).client.delete_registered_model(registry.name_of())
    assert made.again(other).version == "1"
    assert (other.features / "offline").is_dir()
    assert len(facts.latest(place)) == 1


def test_a_second_run_at_once_is_refused(place: Workspace) -> None:
    with lock.held(place.runs), pytest.raises(DataError, match="another run holds"):
        made.again(place)


def test_a_server_that_does_not_answer_fails_the_run_and_that_is_recorded(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv(workspace.TRACKING, "http://127.0.0.1:9")
    with pytest.raises(mlflows.TrackingError):
        made.again(place)
    assert facts.latest(place)[0].status == "Failed"
    assert "MLflow cannot begin a run" in facts.latest(place)[0].said
