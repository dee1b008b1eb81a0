"""Step `register`: a model that passed the gate becomes a version which leads back to everything that made it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import workspace
from ..clock import Clock
from ..errors import ModelError
from ..model import handoff
from . import code, environment, gate, mlflows, parts, snapshot
from .context import Context
from .judge import PREDICTIONS, RESULT
from .registry import FOLDER, MODEL, Registry, Version

RECORD, RECORDS = "record.json", "record"


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
    digest = belongs_together(made)
    now = code.state(root)
    check_code(now, context)
    check_environment(root, context)
    record = describe(made, context, now, digest)
    place = workspace.current(root)
    registry = Registry(place, clock)
    with tempfile.TemporaryDirectory() as scratch:
        handoff.write_json(Path(scratch) / RECORD, record)
        open_run = mlflows.Run(registry.client, context.mlflow_run)
        folders = {MODEL: made.model, FOLDER: made.handoff, RECORDS: Path(scratch)}
        version = registry.register(open_run, tags_of(record), folders)
    out.mkdir(parents=True, exist_ok=True)
    again = version.tags["run"] != context.run
    handoff.write_json(out / "version.json", {"name": version.name, "version": version.number, "again": again, **record})
    return version


def belongs_together(made: Made) -> str:
    """The model's digest. Raises `ModelError` where the verdict is not a pass of this very model."""
    verdict = gate.read(made.verdict)
    fix = "run the pipeline again; nothing between the gate and the registry may be changed"
    if verdict.get("passed") is not True or any(it["passed"] is False for it in verdict["clauses"]):
        raise ModelError("the gate did not pass this model", fix=f"see {made.verdict / gate.PAGE}")
    if verdict["evaluation_sha256"] != handoff.sha256(made.evaluation / RESULT):
        raise ModelError("the evaluation was changed after the gate had read it", fix=fix)
    handoff.verify(made.handoff)
    found = {handoff.sha256(folder / handoff.MODEL) for folder in (made.model, made.handoff)}
    if found != {verdict["model_sha256"]}:
        raise ModelError("the model is not the one that the gate has judged", fix=fix)
    if not (made.model / "MLmodel").is_file() or "signature:" not in (made.model / "MLmodel").read_text(encoding="utf-8"):
        raise ModelError("the model has no signature", fix="keep `signature` in training/fit.py")
    return str(verdict["model_sha256"])


def check_code(now: code.Code, context: Context) -> None:
    """Raises `ModelError` where nobody could get this code back from version control."""
    if now.committed or context.uncommitted:
        return
    shown = ", ".join(now.changed[:5]) + (f" and {len(now.changed) - 5} more" if len(now.changed) > 5 else "")
    fix = "commit, and run again; or `mlops pipeline run --allow-uncommitted`: the version is marked then"
    raise ModelError(f"this code is not committed: {shown}", fix=fix)


def check_environment(root: Path, context: Context) -> None:
    """Raises `ModelError` where the libraries are not the locked ones."""
    differing = environment.check(root)
    if differing and not context.uncommitted:
        shown = "; ".join(differing[:5])
        fix = "`make setup` installs what is locked, `make lock` locks what is installed; or --allow-uncommitted"
        raise ModelError(f"the environment is not the locked one: {shown}", fix=fix)


def describe(made: Made, context: Context, now: code.Code, digest: str) -> dict[str, Any]:
    """All that a reproduction needs to know, and what it must arrive at."""
    evaluation = handoff.read_json(made.evaluation / RESULT)
    schema = parts.read_schema(made.table)
    metric = str(evaluation["metric"])
    return {
        "run": context.run,
        "cause": context.cause,
        "commit": now.commit or "none",
        "code_sha256": now.digest,
        "uncommitted": list(now.changed),
        "environment": environment.described(),
        "snapshot": asdict(snapshot.read(made.snapshot)),
        "seed": schema.training.seed,
        "model_sha256": digest,
        "metric": metric,
        "value": evaluation["model"][metric],
        "predictions_sha256": handoff.sha256(made.evaluation / PREDICTIONS),
        "gate": gate.read(made.verdict),
    }


def tags_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The record as the version's tags."""
    return {
        "model_sha256": record["model_sha256"],
        "run": record["run"],
        "cause": record["cause"],
        "commit": record["commit"],
        "code_sha256": record["code_sha256"],
        "uncommitted": json.dumps(len(record["uncommitted"])),
        "snapshot": record["snapshot"]["state"],
        "batch": record["snapshot"]["batch"],
        "environment": str(record["environment"]["digest"]),
        "gate": "passed",
        "seed": str(record["seed"]),
        "metric": f"{record['metric']}={record['value']!r}",
    }
