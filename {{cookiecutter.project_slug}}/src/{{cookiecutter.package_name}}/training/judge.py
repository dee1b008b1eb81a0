"""Step `evaluate`: the model, the naive baseline and the champion, on the same rows that none of them learned from."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ModelError
from ..features import retrieval
from ..model import evaluate, handoff, score, threads
from ..model import frame as frames
from ..model.evaluate import Evaluation, Floats, Slice
from ..model.handoff import Handoff
from ..model.project import Schema
from ..model.train import Fitted, write
from . import fit, parts, tracking

RESULT, PREDICTIONS = "evaluation.json", "predictions.parquet"
CURVE_POINTS = 20


@dataclass(frozen=True)
class Duel:
    """The model against the champion; `gain` is how much better it is, 95 % surely `low` to `high`.

    `problem` says why there was none, where they could not be compared.
    """

    digest: str
    rows: int
    model: float | None = None
    champion: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    slices: tuple[Slice, ...] = ()
    problem: str = ""


def run(model: Path, earlier: Path, later: Path, champion: Path, out: Path, folder: Path) -> dict[str, Any]:
    """Judge the model in `model`, write the evaluation into `out` and the complete hand-off into `folder`."""
    train_rows, schema = parts.read(earlier)
    test, _ = parts.read(later)
    pipeline = fit.load(model, schema)
    prepared = frames.prepare(test, schema)
    with threads.for_rows(len(test)):
        predicted = np.asarray(
            pipeline.predict_proba(prepared) if schema.classification else pipeline.predict(prepared), dtype=np.float64
        )
        classes = [str(name) for name in pipeline.classes_] if schema.classification else []
        target = schema.table.target
        labels = np.asarray(test[target].to_numpy())
        found = evaluate.evaluate(schema, train_rows[target], prepared, labels, predicted, classes)
        fitted = Fitted(schema, pipeline, train_rows, test, predicted, found)
        against = duel(champion, fitted)
        curves = learning_curve(fitted, prepared)
        hand_over(fitted, model, folder)
    result = described(fitted, against, model)
    out.mkdir(parents=True, exist_ok=True)
    handoff.write_json(out / RESULT, result)
    keep_predictions(fitted, out / PREDICTIONS)
    shutil.copytree(folder / handoff.PLOTS, out / handoff.PLOTS, dirs_exist_ok=True)
    tracking.note(metrics=flat(result, found), curves=curves, artifacts={"evaluation": out})
    return result


def hand_over(fitted: Fitted, model: Path, folder: Path) -> None:
    """The hand-off folder around the model's own bytes."""

    def also(target: Path) -> None:
        if (model / retrieval.FILE).is_file():
            shutil.copyfile(model / retrieval.FILE, target / retrieval.FILE)

    write(fitted, folder, model=(model / handoff.MODEL).read_bytes(), also=also)


def described(fitted: Fitted, against: Duel | None, model: Path) -> dict[str, Any]:
    """What `evaluation.json` holds."""
    schema, times = fitted.schema, fitted.test[fitted.schema.table.timestamp]
    test = {"rows": len(times), "from": times.iloc[0].isoformat(), "to": times.iloc[-1].isoformat()}
    return {
        "target": schema.table.target,
        "direction": schema.metric.direction,
        "model_sha256": handoff.sha256(model / handoff.MODEL),
        "train": {"rows": len(fitted.train)},
        "test": test,
        **fitted.evaluation.as_json(),
        "champion": None if against is None else asdict(against),
    }


def duel(folder: Path, fitted: Fitted) -> Duel | None:
    """Compare with the hand-off in `folder`; None where that holds no model, for there is no champion yet."""
    if not (folder / handoff.MODEL).is_file():
        return None
    champion = handoff.load(folder)
    rows = unseen(fitted.test, champion, fitted.schema)
    try:
        return compared(champion, fitted, rows)
    except ModelError as error:
        return Duel(champion.digest, int(rows.sum()), problem=error.problem)


def unseen(test: pd.DataFrame, champion: Handoff, schema: Schema) -> pd.Series:
    """Which test rows the champion did not learn from: those after its last training row."""
    return test[schema.table.timestamp] > pd.Timestamp(champion.trained["to"])


def compared(champion: Handoff, fitted: Fitted, rows: pd.Series) -> Duel:
    """Both on the same rows. Raises `ModelError` where the champion cannot answer them."""
    schema, test = fitted.schema, fitted.test[rows]
    lacking = [name for name in champion.schema.inputs if name not in test]
    if lacking:
        wrong = f"the champion needs {', '.join(lacking)}, which the rows no longer have"
        raise ModelError(wrong, fix="release a model without them first")
    if test.empty:
        raise ModelError("no test row is later than the champion's training", fix="wait for newer rows")
    theirs = score.predict(champion, frames.typed(test, champion.schema))
    if schema.classification and [str(name) for name in champion.pipeline.classes_] != fitted.classes:
        raise ModelError("the champion knows other classes", fix="release a model of these classes first")
    ours, theirs, classes = arranged(fitted, fitted.predicted[rows.to_numpy()], theirs)
    labels = np.asarray(test[schema.table.target].to_numpy())
    name = schema.metric.name
    own, other = (evaluate.measure(name, labels, it, classes) for it in (ours, theirs))
    gain, low, high = evaluate.compare(schema, labels, ours, theirs, classes)
    prepared = frames.prepare(test, schema)
    slices = tuple(evaluate.by_slice(schema, prepared, labels, ours, theirs, classes))
    return Duel(champion.digest, len(test), own, other, gain, low, high, slices)


def arranged(fitted: Fitted, ours: Floats, theirs: Floats) -> tuple[Floats, Floats, list[str]]:
    """Both predictions with their columns in the order of `table.classes`."""
    ours, classes = evaluate.arranged(fitted.schema, ours, fitted.classes)
    return ours, evaluate.arranged(fitted.schema, theirs, fitted.classes)[0], classes


def learning_curve(fitted: Fitted, prepared: pd.DataFrame) -> dict[str, list[tuple[int, float]]]:
    """The metric on the test rows after each stage of a boosted model: does more training still help?"""
    model = fitted.pipeline.steps[-1][1]
    staged = getattr(model, "staged_predict_proba" if fitted.schema.classification else "staged_predict", None)
    if staged is None:
        return {}
    stages = list(staged(fitted.pipeline.steps[0][1].transform(prepared)))
    every = max(1, len(stages) // CURVE_POINTS)
    name, curve = fitted.schema.metric.name, []
    for at in sorted({*range(every - 1, len(stages), every), len(stages) - 1}):
        predicted, classes = evaluate.arranged(fitted.schema, np.asarray(stages[at], dtype=np.float64), fitted.classes)
        value = evaluate.measure(name, fitted.labels, predicted, classes)
        if value is not None:
            curve.append((at + 1, value))
    return {f"test_{name}_by_iteration": curve}


def keep_predictions(fitted: Fitted, path: Path) -> None:
    """The test rows with what was predicted for each: the probe by which a reproduction is compared."""
    schema = fitted.schema
    named = [name for name in dict.fromkeys((*schema.table.key, schema.table.timestamp)) if name in fitted.test]
    out = fitted.test[[*named, schema.table.target]].reset_index(drop=True)
    columns = fitted.predicted.reshape(len(out), -1)
    for at in range(columns.shape[1]):
        out[f"predicted_{at}"] = columns[:, at]
    out.to_parquet(path, index=False)


def flat(result: dict[str, Any], found: Evaluation) -> dict[str, float]:
    """The figures for MLflow."""
    out = {f"test_{name}": value for name, value in found.model.items() if value is not None}
    out |= {f"baseline_{name}": value for name, value in found.baseline.items() if value is not None}
    out |= {"test_rows": float(result["test"]["rows"])}
    if found.gain is not None:
        out["gain_over_baseline"] = found.gain
    against = result["champion"]
    if against and against["gain"] is not None:
        out |= {"champion_" + found.metric: against["champion"], "gain_over_champion": against["gain"]}
    return out
