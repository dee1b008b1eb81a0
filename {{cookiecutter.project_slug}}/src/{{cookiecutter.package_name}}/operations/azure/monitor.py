"""`azure/monitors/production.yml`: Azure's monitor of what is served, held against monitor.toml (extra `azure`)."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ...errors import MlopsError
from ...model.project import Schema
from ...training import azure
from ..drift import measures
from ..drift.rules import Rules

FILE = Path("azure", "monitors", "production.yml")
EVENTS = FILE.with_name("events.yml")
NUMERICAL, CATEGORICAL = "numerical", "categorical"
DRIFTS, QUALITY = ("data_drift", "prediction_drift"), "data_quality"
BY_P = (measures.KOLMOGOROV_SMIRNOV, measures.CHI_SQUARED)  # of which Azure's thresholds are p-values
Limits = Mapping[tuple[str, str], float]  # (numerical or categorical, measure) -> threshold


class MonitorError(MlopsError):
    """The monitor's file is not as monitor.toml or Azure's library have it."""


def read(path: Path = FILE) -> dict[str, Any]:
    """The file. Raises `MonitorError` where it has no signal with thresholds."""
    try:
        found = dict(yaml.safe_load(path.read_text(encoding="utf-8")))
        if not list(thresholds(found)):
            raise KeyError("metric_thresholds")
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        fix = "it needs create_monitor with monitoring_signals, each with metric_thresholds"
        raise MonitorError(f"{path} cannot be read: {error!r:.200}", fix=fix) from None
    return found


def thresholds(found: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """(signal, its type, numerical or categorical, the thresholds by measure) of each part that has some."""
    for name, signal in found["create_monitor"]["monitoring_signals"].items():
        for kind, rows in signal["metric_thresholds"].items():
            yield name, signal["type"], kind, rows


def check(found: dict[str, Any], rules: Rules) -> int:
    """How many thresholds there are. Raises `MonitorError` for a measure that is not ours, or one below its floor."""
    count = 0
    for signal, _, kind, rows in thresholds(found):
        for measure, threshold in rows.items():
            where = f"{FILE}: {signal}: {kind}: {measure}"
            if measure in BY_P or measure not in measures.SHORT:
                fix = "Azure holds its p-value against the threshold: leave it out" if measure in BY_P else "name one"
                raise MonitorError(f"{where} is no measure that is the same here and there", fix=fix)
            if threshold < rules.floors.of(measure):
                fix = f"write at least {rules.floors.of(measure):g}: less does not matter, by monitor.toml"
                raise MonitorError(f"{where} is {threshold:g}", fix=fix)
            count += 1
    return count


def calibrated(path: Path) -> dict[tuple[str, str], float]:
    """The largest of the columns' thresholds in a `monitor.json`, by kind and measure: Azure has one for all columns.

    Raises `MonitorError` where there are none.
    """
    found: dict[tuple[str, str], float] = {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["findings"]
        numeric = {row["column"] for row in rows if row["measure"] == measures.WASSERSTEIN}
        for row in rows:
            if row["threshold"] is not None:
                key = (NUMERICAL if row["column"] in numeric else CATEGORICAL, row["measure"])
                found[key] = max(found.get(key, 0.0), float(row["threshold"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MonitorError(f"{path} has no findings: {error!r:.200}", fix="`mlops monitor` writes it") from None
    if not found:
        raise MonitorError(f"{path} has no threshold: too few rows were there", fix="look at a longer window first")
    return found


def filled(
    found: dict[str, Any], schema: Schema, deployment: str = "", reference: str = "", limits: Limits | None = None
) -> dict[str, Any]:
    """The file for this project: `deployment` is ENDPOINT:NAME, `reference` a data asset of the rows learned from."""
    out = copy.deepcopy(found)
    target = out["create_monitor"]["monitoring_target"]
    target["ml_task"] = "classification" if schema.classification else "regression"
    if deployment:
        target["endpoint_deployment_id"] = f"azureml:{deployment}"
    for _, _, kind, rows in thresholds(out):
        for measure in rows:
            rows[measure] = max(rows[measure], round((limits or {}).get((kind, measure), 0.0), 4))
    learned = {"input_data": {"path": reference, "type": "mltable"}, "data_context": "training"}
    for signal in out["create_monitor"]["monitoring_signals"].values():
        if reference and signal["type"] in (DRIFTS[0], QUALITY):
            signal["reference_data"] = {**learned, "data_column_names": {"target_column": schema.table.target}}
    return out


def loaded(found: dict[str, Any]) -> Any:
    """It as Azure's library reads it. Raises `MonitorError` in the library's words, which it hides in the context."""
    azure.sdk()
    from azure.ai.ml.entities._load_functions import load_schedule
    from azure.ai.ml.exceptions import MlException

    with tempfile.TemporaryDirectory() as scratch, azure.quiet():
        path = Path(scratch, FILE.name)
        path.write_text(yaml.safe_dump(found, sort_keys=False), encoding="utf-8")
        try:
            return load_schedule(path)
        except (MlException, NotImplementedError, KeyError, TypeError, ValueError) as error:
            words = " ".join(str(error.__context__ or error).split())
            raise MonitorError(f"{FILE}: Azure's library refuses it: {words[:600]}", fix="correct it") from None


def apply(found: dict[str, Any], client: Any) -> str:
    """Create or change the monitor; gives its name. Raises `AzureError` where Azure refuses."""
    schedule = loaded(found)
    with azure.asked(f"take the monitor {schedule.name}"):
        made = client.schedules.begin_create_or_update(schedule).result()
    return str(made.name)
