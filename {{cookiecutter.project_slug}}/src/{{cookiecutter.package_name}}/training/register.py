"""Step `register`: a model that passed the gate becomes a version which leads back to everything that made it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from ..clock import Clock
from ..errors import ModelError
from ..model import handoff
from . import code, environment, gate, mlflows, parts, policy, registries, snapshot
from .context import Context
from .judge import PREDICTIONS, RESULT
from .registries import Port
from .versions import FOLDER, LEFT_OUT, MODEL, RECORD, RECORDS, Version

MLMODEL = "MLmodel"  # what MLflow says of a model
FIX = "run the pipeline again; nothing between the gate and the registry may be changed"


@dataclass(frozen=True)
class Made:
    """The folders that the steps before have left."""

    snapshot: Path
    table: Path
    model: Path
    handoff: Path
    evaluation: Path
    verdict: Path


def run(made: Made, context: Context, root: Path, clock: Clock, out: Path) -> Version:
    """Check that all of it belongs together, register, write `version.json`.

    Raises `ModelError` where the gate did not pass, where something was altered after it, or where the code or the
    environment is not the one that was committed and locked.
    """
    if not context.mlflow_run:
        raise ModelError("no run is open to register a model of", fix="use `mlops pipeline run`")
    verdict = belongs_together(made, root)
    now, unlocked = code.state(root), environment.check(root)
    check_code(now, context)
    check_environment(unlocked, context)
    registry = registries.here(root, clock)
    record = {
        **describe(made, context, now),
        "environment": environment.described(root),
        "unlocked": unlocked,
        "gate": verdict,
        "champion": champion_of(made, registry),
    }
    with tempfile.TemporaryDirectory() as scratch:
        handoff.write_json(Path(scratch) / RECORD, record)
        folders = {MODEL: made.model, FOLDER: made.handoff, RECORDS: Path(scratch)}
        tags = tags_of(record) | {"record_sha256": handoff.sha256(Path(scratch) / RECORD)}
        version = registry.register(mlflows.Run(registry.client, context.mlflow_run), tags, folders)
    out.mkdir(parents=True, exist_ok=True)
    again = version.tags["run"] != context.run
    handoff.write_json(
        out / "version.json", {"name": version.name, "version": version.number, "again": again, **record}
    )
    return version


def belongs_together(made: Made, root: Path) -> dict[str, Any]:
    """The verdict. Raises `ModelError` where it is not a pass of this very model by this repo's gate.toml."""
    verdict = gate.read(made.verdict, made.evaluation)
    if not verdict["passed"]:
        raise ModelError("the gate did not pass this model", fix=f"see {made.verdict / gate.PAGE}")
    if verdict["policy_sha256"] != handoff.sha256(root / policy.FILE):
        fix = f"change {policy.FILE} in a reviewed commit instead of giving another as an input"
        raise ModelError(f"the gate judged by another policy than {policy.FILE}", fix=fix)
    handoff.verify(made.handoff)
    found = {handoff.sha256(folder / handoff.MODEL) for folder in (made.model, made.handoff)}
    if found != {verdict["model_sha256"]}:
        raise ModelError("the model is not the one that the gate has judged", fix=FIX)
    about = made.model / MLMODEL
    signature = (yaml.safe_load(about.read_text(encoding="utf-8")) if about.is_file() else {}).get("signature") or {}
    if not signature.get("inputs") or not signature.get("outputs"):
        raise ModelError("the model has no signature", fix="keep `signature` in training/fit.py")
    return verdict


def check_code(now: code.Code, context: Context) -> None:
    """Raises `ModelError` where nobody could get this code back from version control."""
    if now.committed or context.uncommitted:
        return
    shown = ", ".join(now.changed[:5]) + (f" and {len(now.changed) - 5} more" if len(now.changed) > 5 else "")
    fix = "commit, and run again; or `mlops pipeline run --allow-uncommitted`: the version is marked then"
    raise ModelError(f"this code is not committed: {shown}", fix=fix)


def check_environment(unlocked: list[str], context: Context) -> None:
    """Raises `ModelError` where the libraries are not the locked ones."""
    if unlocked and not context.uncommitted:
        shown = "; ".join(unlocked[:5])
        fix = "`make setup` installs what is locked, `make lock` locks what is installed; or --allow-uncommitted"
        raise ModelError(f"the environment is not the locked one: {shown}", fix=fix)


def champion_of(made: Made, registry: Port) -> str:
    """Which model this one was compared with: its digest, `none` where none is released, or that it was left out."""
    champion = handoff.read_json(made.evaluation / RESULT)["champion"]
    if champion:
        return str(champion["digest"])
    return "none" if registry.champion() is None else LEFT_OUT


def describe(made: Made, context: Context, now: code.Code) -> dict[str, Any]:
    """All that a reproduction needs to know, and what it must arrive at."""
    evaluation = handoff.read_json(made.evaluation / RESULT)
    metric = str(evaluation["metric"])
    return {
        "run": context.run,
        "cause": context.cause,
        "commit": now.commit or "none",
        "code_sha256": now.digest,
        "uncommitted": list(now.changed),
        "snapshot": asdict(snapshot.read(made.snapshot)),
        "seed": parts.read_schema(made.table).training.seed,
        "model_sha256": handoff.sha256(made.model / handoff.MODEL),
        "handoff_sha256": handoff.sha256(made.handoff / handoff.SUMS),
        "predictions_sha256": handoff.sha256(made.evaluation / PREDICTIONS),
        "metric": metric,
        "value": evaluation["model"][metric],
    }


def tags_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The record as the version's tags."""
    same = ("model_sha256", "handoff_sha256", "run", "cause", "commit", "code_sha256", "champion")
    return {name: record[name] for name in same} | {
        "uncommitted": str(len(record["uncommitted"])),
        "unlocked": str(len(record["unlocked"])),
        "snapshot": record["snapshot"]["state"],
        "batch": record["snapshot"]["batch"],
        "environment": str(record["environment"]["digest"]),
        "gate": "passed",
        "seed": str(record["seed"]),
        "metric": f"{record['metric']}={record['value']!r}",
    }
