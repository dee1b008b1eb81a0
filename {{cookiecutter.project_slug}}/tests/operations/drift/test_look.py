"""A served model's window against what it came from: the endpoint's records, the snapshot, the held-out answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.deployment.serving import state
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.errors import DataError, ModelError
from {{cookiecutter.package_name}}.operations.drift import look, reference, rules
from {{cookiecutter.package_name}}.operations.drift.check import Checked
from {{cookiecutter.package_name}}.operations.drift.commands import monitor_command
from {{cookiecutter.package_name}}.operations.drift.reference import Reference
from {{cookiecutter.package_name}}.training import judge
from {{cookiecutter.package_name}}.workspace import Workspace

from . import live, made

CLOCK = SimulatedClock(live.NOW)


@pytest.fixture(scope="module")
def place(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Its records are made by each test, and nothing else in it is changed."""
    return live.served(root, tmp_path_factory.mktemp("live") / "repo")


@pytest.fixture(scope="module")
def known(place: Workspace) -> Reference:
    return reference.find(place, CLOCK, rules.Rules().check.block)


@pytest.fixture(autouse=True)
def empty(place: Workspace) -> None:
    for folder in (Layout(place).records, place.folder / "outcomes"):
        shutil.rmtree(folder, ignore_errors=True)


def seen(place: Workspace, known: Reference) -> Checked:
    return look.served(place, made.QUICK, CLOCK, known)


def test_the_reference_is_what_the_model_came_from(known: Reference) -> None:
    assert known.deployment.name == "blue"
    assert {it.name for it in known.features.watched} == set(known.schema.columns)
    assert known.features.rows == 1000
    assert 150 < known.answers.rows < 210, "the held-out rows"
    assert known.answers.tallies["loss"].missing == 0
    loss = known.answers.tallies["loss"]
    assert loss.totals.sum() / loss.rows == pytest.approx(0.4, abs=0.1), "the mean of half a normal of 0.5"


def test_a_week_like_those_before_is_no_drift(place: Workspace, known: Reference) -> None:
    live.keep(place, live.week())
    found = seen(place, known)
    assert not found.drifted, found.sentence
    assert found.unjudged == ()
    assert {it.column for it in found.findings} == {*known.schema.columns, "prediction", "loss"}
    assert [it.rows for it in found.windows] == [live.COUNT, live.COUNT]


def test_worse_outcomes_are_a_regression_and_no_drift(place: Workspace, known: Reference) -> None:
    live.keep(place, live.week(lambda rows: rows.assign(outcome=rows["outcome"] * 1.1)))
    found = seen(place, known)
    assert found.groups == ("performance",)


def test_other_requests_are_drift_of_features_and_of_predictions(place: Workspace, known: Reference) -> None:
    def longer(rows: pd.DataFrame) -> pd.DataFrame:
        more = rows["km"] * 1.5
        return rows.assign(km=more, prediction=3 * more, outcome=3 * more)

    live.keep(place, live.week(longer))
    found = seen(place, known)
    assert {it.column for it in found.alarms} == {"km", "prediction"}


def test_shadows_and_refusals_do_not_count_and_other_deployments_answers_neither(
    place: Workspace, known: Reference
) -> None:
    live.keep(place, live.week())
    live.keep(place, live.week(lambda rows: rows.assign(km=1e6, shadow=True)), "s")
    live.keep(place, live.week(lambda rows: rows.assign(km="far", status=422, outcome=np.nan)), "f")
    live.keep(place, live.week(lambda rows: rows.assign(prediction=1e6, deployment="green")), "g")
    found = seen(place, known)
    assert [it.rows for it in found.windows] == [2 * live.COUNT, live.COUNT]
    assert not found.drifted, found.sentence


def test_outcomes_count_from_the_label_delay_on(place: Workspace, known: Reference) -> None:
    live.keep(place, live.week())
    found = seen(place, known)
    young = 60 // 20 - 1  # requests less than the hour of `label_delay` before now
    assert made.one(found, "loss", "performance").rows == live.COUNT - young


def test_without_records_nothing_is_judged(place: Workspace, known: Reference) -> None:
    found = seen(place, known)
    assert found.sentence == "NOT JUDGED: 0 rows in the window are too few"


def test_the_table_is_built_again_where_the_run_has_none(
    known: Reference, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = live.served(root, tmp_path / "repo")
    monkeypatch.chdir(other.root)
    for folder in (other.root / "workspaces").glob("*/runs/*/features"):
        shutil.rmtree(folder)
    again = reference.find(other, CLOCK, rules.Rules().check.block)
    assert (other.folder / "monitor").is_dir()
    for name, tally in known.features.tallies.items():
        assert np.array_equal(tally.counts, again.features.tallies[name].counts), name


def test_what_is_not_as_registered_is_refused(root: Path, tmp_path: Path, place: Workspace) -> None:
    other = live.served(root, tmp_path / "repo")
    (path,) = (other.root / "workspaces" / "dev" / "artifacts").rglob(f"evaluation/{judge.PREDICTIONS}")
    rows = pd.read_parquet(path)
    rows.assign(predicted_0=0.0).to_parquet(path)
    with pytest.raises(ModelError, match="recorded predictions of version 1 were altered"):
        reference.find(other, CLOCK, rules.Rules().check.block)
    with pytest.raises(DataError, match="no deployment 'red' is there"):
        reference.served(place, "red")
    with pytest.raises(DataError, match="nothing is served in empty"):
        reference.served(Workspace(place.root, "empty"))
    step = state.deploy("blue", "9", "f" * 64, Path("nowhere"))
    state.Endpoint(other).change(step, at=live.NOW, by="tester", reason="a test")
    with pytest.raises(ModelError, match="is no version of dev"):
        reference.find(other, CLOCK, rules.Rules().check.block)


def monitor(place: Workspace, out: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(place.root)
    return CliRunner().invoke(monitor_command, ["--until", live.NOW.isoformat(), "--out", str(out)])


def test_the_command_tells_draws_and_fails_where_there_is_drift(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.keep(place, live.week())
    quiet = monitor(place, tmp_path / "quiet", monkeypatch)
    assert quiet.exit_code == 0, quiet.output
    assert "no drift" in quiet.output
    live.keep(place, live.week(lambda rows: rows.assign(outcome=rows["outcome"] * 2)), "w")
    worse = monitor(place, tmp_path / "worse", monkeypatch)
    assert worse.exit_code == 1
    assert "DRIFT in loss" in worse.output
    said = json.loads((tmp_path / "worse" / "monitor.json").read_text(encoding="utf-8"))
    assert (said["drifted"], said["groups"]) == (True, ["performance"])
    page = (tmp_path / "worse" / "monitor.html").read_text(encoding="utf-8")
    assert "dev/blue: version 1" in page
    assert "<script" not in page
    for name in ("monitor-columns.png", "monitor-time.png"):
        assert f"src='{name}'" in page
        assert (tmp_path / "worse" / name).read_bytes().startswith(b"\x89PNG")
