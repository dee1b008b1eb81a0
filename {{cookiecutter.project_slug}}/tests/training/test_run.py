"""A run of the whole pipeline on real parts: what is skipped, what stops it, what it leaves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.clock import SimulatedClock, SystemClock
from {{cookiecutter.package_name}}.data import manifest
from {{cookiecutter.package_name}}.errors import MlopsError, ModelError
from {{cookiecutter.package_name}}.events import outbox
from {{cookiecutter.package_name}}.training import facts, gate, judge, pipeline, registry, reuse, run, runner, snapshot, tracking
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


def again(place: Workspace, **options: object) -> run.Outcome:
    return run.start(place, "training", run.Options(**options), SystemClock(), lambda _: None)  # type: ignore[arg-type]


def versions(place: Workspace) -> list[registry.Version]:
    return registry.Registry(place, SystemClock()).versions()


def told(place: Workspace) -> list[tuple[str, str]]:
    """(type, what it says) of every event in the outbox."""
    with workspace.database(place.state, outbox.TABLES) as connection:
        found = [json.loads(row["body"]) for row in connection.execute("SELECT body FROM outbox ORDER BY number")]
    return [(it["type"].rpartition(".")[2], it["data"].get("runStatus", "")) for it in found]


def test_the_first_run_registers_version_1_and_tells_it(place: Workspace) -> None:
    (version,) = versions(place)
    assert (version.number, version.aliases) == ("1", ("candidate",))
    assert version.tags["uncommitted"] == "0"
    assert all(version.tags.get(name) for name in registry.NEEDED)
    (fact,) = facts.latest(place)
    assert (fact.status, fact.version) == ("Completed", "1")
    assert told(place) == [
        ("RunStatusChanged", "Running"),
        ("ModelRegistered", ""),
        ("RunStatusChanged", "Completed"),
        ("RunCompleted", ""),
    ]


def test_mlflow_has_parameters_metrics_curves_and_pictures(place: Workspace) -> None:
    client = registry.Registry(place, SystemClock()).client
    (experiment,) = [it for it in client.search_experiments() if it.name == "training"]
    (tracked,) = client.search_runs([experiment.experiment_id])
    assert tracked.data.params["estimator"] == "linear"
    assert tracked.data.metrics["test_mae"] < tracked.data.metrics["baseline_mae"]
    assert tracked.data.metrics["gate_passed"] == 1.0
    assert tracked.info.status == "FINISHED"
    names = {it.path for it in client.list_artifacts(tracked.info.run_id)}
    assert {"evaluation", "verdict", "model", "handoff", "record"} <= names


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
    done = again(place)
    assert {name for name, it in done.steps.items() if not it.skipped} == {"ingest", "register"}
    assert done.version == "1"
    assert done.again
    assert len(versions(place)) == 1


def test_a_skipped_step_s_figures_are_in_the_new_run_too(place: Workspace) -> None:
    done = again(place)
    fact = next(it for it in facts.latest(place) if it.id == done.run_id)
    client = registry.Registry(place, SystemClock()).client
    assert client.get_run(fact.mlflow).data.metrics["test_mae"] > 0


def test_new_rows_run_everything_and_the_champion_is_compared(place: Workspace) -> None:
    made.drop(place.root, made.rows(600, first=1000))
    done = again(place)
    assert not any(it.skipped for it in done.steps.values())
    assert done.version == "2"
    found = json.loads((done.steps["evaluate"].outputs["evaluation"] / "evaluation.json").read_text(encoding="utf-8"))
    assert found["champion"]["digest"] == versions(place)[0].sha256
    assert found["champion"]["rows"] > 100


def test_another_gate_trains_nobody_again(place: Workspace) -> None:
    path = place.root / "gate.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[floors]\nminutes = { mae = 9.0 }\n", encoding="utf-8")
    made.commit(place.root, "a floor")
    done = again(place)
    assert {name for name, it in done.steps.items() if not it.skipped} == {"ingest", "gate", "register"}


# --- what stops it


def test_a_model_that_does_not_pass_is_not_registered(place: Workspace) -> None:
    path = place.root / "gate.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[floors]\nminutes = { mae = 0.001 }\n", encoding="utf-8")
    made.commit(place.root, "a floor that nothing reaches")
    before = told(place)
    with pytest.raises(gate.GateError, match="floor"):
        again(place)
    assert len(versions(place)) == 1
    fact = facts.latest(place)[0]
    assert (fact.status, fact.version) == ("Failed", "")
    assert told(place)[len(before) :] == [("RunStatusChanged", "Running"), ("RunStatusChanged", "Failed")]
    client = registry.Registry(place, SystemClock()).client
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
            again(place)
    assert len(versions(place)) == 1
    folder = place.runs / facts.latest(place)[0].id
    assert not (folder / "gate").exists()
    assert "the evaluation broke" in (folder / "evaluate" / "log.txt").read_text(encoding="utf-8")
    done = again(place)
    assert {name for name, it in done.steps.items() if it.skipped} == {"validate", "features", "split", "train"}
    assert done.version == "2"


def test_code_that_is_not_committed_is_refused_or_marked(place: Workspace) -> None:
    made.drop(place.root, made.rows(300, first=1000))
    path = place.root / "project.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("seed = 7", "seed = 8"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"not committed: project\.toml"):
        again(place)
    done = again(place, allow_uncommitted=True)
    assert versions(place)[-1].tags["uncommitted"] == "1"
    assert done.version == "2"


def test_a_run_whose_process_died_is_told_as_failed_by_the_next(place: Workspace) -> None:
    at = datetime(2025, 3, 1, tzinfo=UTC)
    facts.begin(place, "died", "training", "by hand", "", "", at)
    again(place)
    died = next(it for it in facts.latest(place) if it.id == "died")
    assert (died.status, died.said) == ("Failed", "its process died")
    assert facts.abandoned(place, at) == []


def test_an_unknown_input_is_refused(place: Workspace) -> None:
    with pytest.raises(pipeline.PipelineError, match="'champoin' is no input"):
        again(place, inputs={"champoin": "x"})


def test_without_a_champion_none_is_compared(place: Workspace) -> None:
    done = again(place, inputs={"champion": "none"})
    assert json.loads((done.steps["evaluate"].outputs["evaluation"] / "evaluation.json").read_text(encoding="utf-8"))[
        "champion"
    ] is None


def test_a_landed_file_that_was_altered_stops_the_run(place: Workspace) -> None:
    path = next((place.landed).rglob("*.parquet"))
    content = path.read_bytes()
    path.unlink()  # a link: what runs have kept must not change with it
    path.write_bytes(content + b"x")
    with pytest.raises(MlopsError, match="is not what was landed"):
        again(place)


# --- the snapshot


def test_an_unchanged_state_gives_an_unchanged_snapshot(place: Workspace, tmp_path: Path) -> None:
    found = manifest.load(place.landed)
    for name in ("one", "two"):
        snapshot.freeze(place.landed, found, tmp_path / name)
    assert reuse.of_path(tmp_path / "one") == reuse.of_path(tmp_path / "two")


def test_a_past_state_can_be_frozen_again(place: Workspace, tmp_path: Path) -> None:
    record = snapshot.read(next(place.runs.glob("*/ingest/snapshot")))
    made.drop(place.root, made.rows(300, first=1000))
    again(place)
    assert snapshot.again(place.landed, record, tmp_path / "then").rows == 1000


# --- the runner by itself

COMPONENT = """
name: NAME
type: command
inputs:
  text: { type: KIND }
outputs:
  out: { type: uri_file }
command: python -c "import sys, pathlib; pathlib.Path(sys.argv[2]).write_text(sys.argv[1] + '.')" "<inputs.text>" <outputs.out>
"""
PIPELINE = """
type: pipeline
inputs:
  text: hello
outputs:
  out: { type: uri_file }
jobs:
  first:
    component: first.yml
    inputs: { text: "<parent.inputs.text>" }
  second:
    component: second.yml
    inputs: { text: "<parent.jobs.first.outputs.out>" }
    outputs: { out: "<parent.outputs.out>" }
"""


def marked(text: str) -> str:
    """With the marks of an expression, which this file itself may not hold."""
    return text.replace("<", "$" + 2 * "{").replace(">", 2 * "}")


def bare(tmp_path: Path, said: list[str], fresh: bool = False) -> Callable[[dict[str, str]], dict[str, Path]]:
    """A pipeline of two steps that are commands of others, run in processes of their own."""
    for name, kind in (("first", "string"), ("second", "uri_file")):
        text = marked(COMPONENT.replace("NAME", name).replace("KIND", kind))
        (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
    (tmp_path / "pipeline.yml").write_text(marked(PIPELINE), encoding="utf-8")

    def go(inputs: dict[str, str]) -> dict[str, Path]:
        it = runner.Runner("r", tmp_path / "runs", reuse.Reuse(tmp_path / "reuse"), "code", "env", {}, said.append)
        it.fresh = fresh
        return it.execute(pipeline.load(tmp_path / "pipeline.yml"), inputs)

    return go


def test_any_command_runs_and_is_skipped_when_nothing_changed(tmp_path: Path) -> None:
    said: list[str] = []
    go = bare(tmp_path, said)
    first = go({"text": "one"})["out"].read_text(encoding="utf-8")
    assert first.endswith("first/out.")
    go({"text": "one"})
    assert sum("skipped" in line for line in said) == 2
    go({"text": "two"})
    assert sum("skipped" in line for line in said) == 2


def test_a_command_that_fails_shows_its_last_lines(tmp_path: Path) -> None:
    go = bare(tmp_path, [])
    path = tmp_path / "first.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("import sys", "import syss"), encoding="utf-8")
    with pytest.raises(pipeline.PipelineError, match="No module named 'syss'"):
        go({})
    assert not (tmp_path / "runs" / "second").exists()


def test_an_output_that_was_altered_makes_its_step_run_again(tmp_path: Path) -> None:
    said: list[str] = []
    go = bare(tmp_path, said)
    go({})
    (tmp_path / "runs" / "first" / "out").write_text("altered", encoding="utf-8")
    go({})
    assert any("first: runs again, since out of run r was changed since" in line for line in said)
    shutil.rmtree(tmp_path / "runs" / "second")
    go({})
    assert any("is gone" in line for line in said)


def test_notes_go_to_the_file_that_the_runner_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tracking.NOTES, str(tmp_path / "notes.json"))
    tracking.note(metrics={"rows": 3}, curves={"loss": [(1, 0.5)]})
    found = json.loads((tmp_path / "notes.json").read_text(encoding="utf-8"))
    assert found["curves"] == {"loss": [[1, 0.5]]}


def test_every_step_runs_alike_in_a_process_of_its_own(place: Workspace) -> None:
    here = again(place, fresh=True)
    apart = again(place, fresh=True, isolated=True)
    figures = [
        json.loads((it.steps["evaluate"].outputs["evaluation"] / "evaluation.json").read_text(encoding="utf-8"))["model"]
        for it in (here, apart)
    ]
    assert figures[0] == figures[1]


def test_a_simulated_clock_dates_the_run(place: Workspace) -> None:
    at = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
    done = run.start(place, "training", run.Options(cause="nightly"), SimulatedClock(at), lambda _: None)
    assert done.run_id.startswith("20310102T030405-")
    assert facts.latest(place)[0].cause == "nightly"
