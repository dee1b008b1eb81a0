"""Tests of what a model takes and gives: its files, its signature, its sample."""

from __future__ import annotations

import json
from typing import Any

import yaml

from ...errors import ModelError
from ...model import check, handoff, score
from ...model.project import Schema
from ...service.checks import shape
from .subject import Subject, equal

MLMODEL = "MLmodel"
NUMBER, TEXT = "double", "string"


def checksums(it: Subject) -> str:
    """Every file is the one that was handed off."""
    handoff.verify(it.folder)
    return f"{len(handoff.read_sums(it.folder))} files"


def loads(it: Subject) -> str:
    """The model holds reviewed types only, loads, and is served compiled or by its pipeline."""
    return it.load().way.sentence


def signature(it: Subject) -> str:
    """The hand-off's schema is that of project.toml, and MLflow's signature that of the hand-off."""
    given, expected = shape(it.schema), shape(it.expected)
    wrong = [key for key in dict.fromkeys((*expected, *given)) if given.get(key) != expected.get(key)]
    if wrong:
        said = "; ".join(
            f"{key} is {given.get(key, 'absent')!r}, expected {expected.get(key, 'absent')!r}" for key in wrong
        )
        raise ModelError(said, fix="train a model of this project.toml, or change it back")
    if it.mlflow is not None:
        mlflow_signature(it.mlflow.joinpath(MLMODEL).read_text(encoding="utf-8"), it.schema)
        if handoff.sha256(it.mlflow / handoff.MODEL) != it.loaded.digest:
            raise ModelError("MLflow's folder holds another model than the hand-off", fix="train the model again")
    return f"{len(it.schema.inputs)} inputs, {it.schema.training.task} of {it.schema.table.target}"


def mlflow_signature(text: str, schema: Schema) -> None:
    """Raises `ModelError` where the signature in an `MLmodel` is not that of the prepared columns."""
    fix = "train the model again; keep `signature` in training/fit.py"
    try:
        raw: Any = yaml.safe_load(text)["signature"]
        found = {str(row["name"]): str(row["type"]) for row in json.loads(raw["inputs"])}
        outputs = json.loads(raw["outputs"])
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise ModelError(f"{MLMODEL} has no signature of columns: {error!r}", fix=fix) from None
    texts = set(schema.of_kind("categorical"))
    expected = {name: TEXT if name in texts else NUMBER for name in schema.prepared}
    if list(found.items()) != list(expected.items()) or not outputs:
        raise ModelError(f"{MLMODEL} takes {found}, the model {expected}", fix=fix)


def sample(it: Subject) -> str:
    """The sample request gives the recorded response, by the pipeline and as it will be served."""
    recorded = handoff.read_json(it.folder / handoff.RESPONSE).get("predictions")
    records = it.records
    if not isinstance(recorded, list) or len(recorded) != len(records):
        raise ModelError(f"{handoff.RESPONSE} does not answer {handoff.REQUEST}", fix=handoff.AGAIN)
    equal(score.items(it.loaded, records), recorded, "by the pipeline")
    equal(it.score(records), recorded, "as served")
    return f"{len(records)} predictions as recorded, to {check.TOLERANCE:g}"
