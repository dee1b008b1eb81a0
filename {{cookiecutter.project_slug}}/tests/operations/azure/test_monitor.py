"""Azure's monitor is one that Azure's library takes, with our measures and no threshold below our floors."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from training import fake_azure

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.events import subscriptions
from {{cookiecutter.package_name}}.model import project
from {{cookiecutter.package_name}}.model.project import Schema
from {{cookiecutter.package_name}}.operations.azure import breach, monitor
from {{cookiecutter.package_name}}.operations.azure.monitor import CATEGORICAL, NUMERICAL, MonitorError
from {{cookiecutter.package_name}}.operations.drift import rules
from {{cookiecutter.package_name}}.operations.drift.measures import JENSEN_SHANNON, PSI, WASSERSTEIN
from {{cookiecutter.package_name}}.training import azure

ROW = {"column": "km", "threshold": 0.25, "measure": WASSERSTEIN}


@pytest.fixture
def found(root: Path) -> dict[str, Any]:
    """This repo's own file."""
    return monitor.read(root / monitor.FILE)


@pytest.fixture
def schema(root: Path) -> Schema:
    return project.load(root / "project.toml").schema_only


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_azure.Azure]:
    """Azure in this process. Whatever it did not know is a failure."""
    it = fake_azure.Azure()
    fake_azure.intercept(it, monkeypatch)
    yield it
    assert it.unknown == []


def deployed(fake: fake_azure.Azure) -> None:
    """The deployment that the file names, which collects as azure/endpoints/blue.yml says."""
    kept = {
        name: {
            "dataCollectionMode": "Enabled",
            "dataId": f"{fake_azure.WORKSPACE}/data/predictions-blue-{name}/versions/1",
        }
        for name in ("model_inputs", "model_outputs")
    }
    for it in kept.values():
        fake.put(it["dataId"], {"properties": {"dataType": "uri_folder", "dataUri": "azureml://collected"}})
    settings = {"scaleSettings": {"scaleType": "Default"}, "dataCollector": {"collections": kept}}
    more = {"location": "westeurope", "sku": {"name": "Default", "capacity": 2}}
    path = f"{fake_azure.WORKSPACE}/onlineEndpoints/predictions/deployments/blue"
    fake.put(path, {**more, "properties": {"endpointComputeType": "Managed", **settings}})


def signal(found: dict[str, Any], name: str = "production_features") -> dict[str, Any]:
    it: dict[str, Any] = found["create_monitor"]["monitoring_signals"][name]
    return it


def test_this_repos_file_holds_against_monitor_toml_and_azures_library(
    root: Path, found: dict[str, Any], schema: Schema
) -> None:
    assert monitor.check(found, rules.read(root / rules.FILE)) == 14
    read = monitor.loaded(monitor.filled(found, schema)).create_monitor
    assert {it.type for it in read.monitoring_signals.values()} == {*monitor.DRIFTS, monitor.QUALITY}
    assert all(name.startswith("production_") for name in read.monitoring_signals)
    numbers = read.monitoring_signals["production_features"].metric_thresholds.numerical
    assert numbers.population_stability_index == signal(found)["metric_thresholds"][NUMERICAL][PSI]


@pytest.mark.parametrize(
    ("kind", "measure", "threshold", "said"),
    [
        (NUMERICAL, PSI, 0.001, "below|at least|is 0.001"),
        (NUMERICAL, "two_sample_kolmogorov_smirnov_test", 0.5, "no measure that is the same"),
        (CATEGORICAL, "pearsons_chi_squared_test", 0.5, "no measure that is the same"),
        (NUMERICAL, "wasserstein", 0.5, "no measure that is the same"),
    ],
)
def test_what_is_not_as_monitor_toml_has_it_is_refused_by_name(
    found: dict[str, Any], kind: str, measure: str, threshold: float, said: str
) -> None:
    signal(found)["metric_thresholds"][kind][measure] = threshold
    with pytest.raises(MonitorError, match=said) as error:
        monitor.check(found, rules.Rules())
    assert measure in str(error.value)


def test_what_azures_library_does_not_know_is_told_in_its_words(found: dict[str, Any], schema: Schema) -> None:
    signal(found)["metric_threshold"] = {}
    with pytest.raises(MonitorError, match="metric_threshold"):
        monitor.loaded(monitor.filled(found, schema))


def test_it_is_filled_with_task_deployment_reference_and_calibrated_thresholds(
    found: dict[str, Any], schema: Schema, tmp_path: Path
) -> None:
    rows = [ROW, {**ROW, "column": "speed", "threshold": 0.31}, {**ROW, "measure": JENSEN_SHANNON, "threshold": 0.01}]
    rows += [{"column": "zone", "measure": PSI, "threshold": 0.4}, {**ROW, "measure": PSI, "threshold": None}]
    (tmp_path / "monitor.json").write_text(json.dumps({"findings": rows}), encoding="utf-8")
    limits = monitor.calibrated(tmp_path / "monitor.json")
    assert limits == {(NUMERICAL, WASSERSTEIN): 0.31, (NUMERICAL, JENSEN_SHANNON): 0.01, (CATEGORICAL, PSI): 0.4}
    before = copy.deepcopy(found)
    out = monitor.filled(found, schema, "predictions:green", "azureml:learned:3", limits)
    assert found == before
    target = out["create_monitor"]["monitoring_target"]
    assert target["endpoint_deployment_id"] == "azureml:predictions:green"
    assert target["ml_task"] == ("classification" if schema.classification else "regression")
    numbers = signal(out)["metric_thresholds"]
    assert numbers[NUMERICAL][WASSERSTEIN] == 0.31
    assert numbers[CATEGORICAL][PSI] == 0.4
    assert numbers[NUMERICAL][JENSEN_SHANNON] == 0.1, "a threshold is never lowered"
    learned = monitor.loaded(out).create_monitor.monitoring_signals["production_features"].reference_data
    assert learned.input_data.path.endswith("learned:3")
    assert learned.data_column_names == {"target_column": schema.table.target}
    assert "reference_data" not in signal(out, "production_predictions")


@pytest.mark.parametrize("text", ["", "{}", '{"findings": []}', '{"findings": [{"column": 3}]}'])
def test_figures_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "monitor.json").write_text(text, encoding="utf-8")
    with pytest.raises(MonitorError, match=r"monitor\.json has no"):
        monitor.calibrated(tmp_path / "monitor.json")


@pytest.mark.parametrize("text", ["", "[]", "create_monitor: {}", "create_monitor: {monitoring_signals: {}}", "a: ["])
def test_a_file_without_signals_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "production.yml").write_text(text, encoding="utf-8")
    with pytest.raises(MonitorError, match="cannot be read"):
        monitor.read(tmp_path / "production.yml")


def test_it_is_created_and_again_is_the_same_one(found: dict[str, Any], schema: Schema, fake: fake_azure.Azure) -> None:
    client = fake.client(azure.sdk())
    with pytest.raises(azure.AzureError, match="deployments/blue was not found"):
        monitor.apply(monitor.filled(found, schema), client)
    deployed(fake)
    for _ in range(2):
        assert monitor.apply(monitor.filled(found, schema), client) == "production"
    (body,) = [it for path, it in fake.kept.items() if "/schedules/" in path]
    action = body["properties"]["action"]
    assert action["actionType"] == "CreateMonitor"
    assert set(action["monitorDefinition"]["signals"]) == set(found["create_monitor"]["monitoring_signals"])


def test_only_runs_that_found_something_pass_the_filter(root: Path) -> None:
    _, rows = subscriptions.load(root / monitor.EVENTS)
    (properties,) = rows.values()
    (kept,) = properties["filter"]["advancedFilters"]
    assert kept["key"] == f"data.RunTags.{breach.TAG}"
    assert (kept["operatorType"], kept["values"]) == ("StringContains", [breach.SAID])


def test_the_commands_check_here_and_say_what_is_missing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("azure", "monitor.toml", "project.toml"):
        copied = shutil.copytree if (root / name).is_dir() else shutil.copyfile
        copied(root / name, tmp_path / name)
    for names in azure.SETTINGS.values():
        for name in names[:2]:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(cli.main, ["azure-monitor", "check"])
    assert ran.exit_code == 0, ran.output
    assert "14 thresholds" in ran.output
    refused = CliRunner().invoke(cli.main, ["azure-monitor", "apply", "--deployment", "predictions:green"])
    assert refused.exit_code != 0
    assert "no workspace of Azure" in str(refused.exception or "") + refused.output
