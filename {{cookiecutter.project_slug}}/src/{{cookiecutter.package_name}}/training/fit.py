"""Step `train`: rows -> a model in MLflow's format. Its `model.skops` is written here once, and never again."""

from __future__ import annotations

import shutil
import time
import warnings
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ..errors import ModelError
from ..model import estimator, handoff, threads, train, trusted
from ..model import frame as frames
from ..model.project import Schema
from . import parts, tracking

TRAINED = "trained.json"
REQUIREMENTS = ("scikit-learn", "skops", "numpy", "pandas")
EXAMPLES = 5


def run(rows: Path, out: Path) -> dict[str, Any]:
    """Fit the estimator of the schema on the rows of a side, save it in `out`; gives what was learned from."""
    table, schema = parts.read(rows)
    train.check(table, schema)
    started = time.perf_counter()
    with threads.for_rows(len(table)):
        model = estimator.build(schema).fit(frames.prepare(table, schema), table[schema.table.target].to_numpy())
    seconds = time.perf_counter() - started
    save(model, schema, table, out)
    parts.travel(rows, out)
    times = table[schema.table.timestamp]
    learned = {"rows": len(table), "from": times.iloc[0].isoformat(), "to": times.iloc[-1].isoformat()}
    handoff.write_json(out / TRAINED, learned)
    tracking.note(params=params(model, schema), metrics={"fit_seconds": seconds, "train_rows": len(table)})
    return learned


def params(model: Pipeline, schema: Schema) -> dict[str, str]:
    """What project.toml chose, and every setting of the estimator."""
    settings = model.steps[-1][1].get_params(deep=False)
    chosen = {"estimator": schema.training.estimator, "seed": schema.training.seed, "inputs": ",".join(schema.prepared)}
    return {name: str(value) for name, value in {**chosen, **{f"model.{it}": settings[it] for it in settings}}.items()}


def save(model: Pipeline, schema: Schema, table: pd.DataFrame, out: Path) -> None:
    """MLflow's folder with signature and input example, its file of types that were reviewed, and pinned libraries.

    Raises `ModelError` where the pipeline holds a type that is not in model/trusted.py.
    """
    from . import mlflows

    handoff.dump(model, schema)  # refuses what nobody could load again, before anything is written
    example = frames.prepare(table.tail(EXAMPLES), schema)
    answer = np.asarray(model.predict(example))
    shutil.rmtree(out, ignore_errors=True)
    with mlflows.SPENT.timed(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what MLflow has to say of its own use of libraries
        import mlflow.sklearn
        from mlflow.models import infer_signature

        mlflow.sklearn.save_model(
            model,
            out,
            serialization_format="skops",
            skops_trusted_types=list(trusted.TRUSTED[schema.training.estimator]),
            signature=infer_signature(example, answer),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )


def load(folder: Path, schema: Schema) -> Pipeline:
    """The pipeline that `save` put there. Raises `ModelError` where it is not."""
    path = folder / handoff.MODEL
    try:
        loaded = trusted.loads(path.read_bytes(), schema.training.estimator, str(path))
    except zipfile.BadZipFile:
        raise ModelError(f"{path} is not a skops file", fix="run the step `train` again") from None
    assert isinstance(loaded, Pipeline)
    return loaded
