"""The evaluation: the right figures, a baseline that knows nothing, and a plain word where the model is no better."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.model import evaluate, frame, project, train

from . import tables

TRUTH = np.array(["no", "no", "yes", "yes"], dtype=object)
GIVEN = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.8, 0.2]])
EXPECTED = {
    "accuracy": 0.5,
    "f1_macro": 0.5,
    "roc_auc": 0.75,
    "average_precision": 1 / 2 + 1 / 2 * 2 / 3,
    "f1": 0.5,
    "log_loss": -float(np.mean(np.log([0.9, 0.4, 0.7, 0.2]))),
}


@pytest.mark.parametrize(("name", "value"), EXPECTED.items(), ids=EXPECTED)
def test_a_metric_of_classes(name: str, value: float) -> None:
    assert evaluate.measure(name, TRUTH, GIVEN, ["no", "yes"]) == pytest.approx(value)


@pytest.mark.parametrize(("name", "value"), [("mae", 1.0), ("rmse", 2**0.5), ("r2", -1.0)])
def test_a_metric_of_numbers(name: str, value: float) -> None:
    labels, given = np.array([0.0, 2.0, 0.0, 2.0]), np.array([0.0, 2.0, 2.0, 0.0])
    assert evaluate.measure(name, labels, given, []) == pytest.approx(value)


def test_every_metric_that_project_toml_allows_is_known() -> None:
    assert set(evaluate.METRIC_OF) == {name for names in project.METRICS.values() for name in names}


def test_a_metric_that_is_not_defined_is_none() -> None:
    assert evaluate.measure("roc_auc", np.array(["no", "no"], dtype=object), GIVEN[:2], ["no", "yes"]) is None


def test_a_class_never_seen_in_training_costs_and_does_not_crash() -> None:
    found = evaluate.measure("log_loss", np.array(["new"], dtype=object), GIVEN[:1], ["no", "yes"])
    assert found == pytest.approx(-np.log(1e-15))


def test_the_last_declared_class_is_the_positive_one() -> None:
    plain, turned = (judged("binary", classes=classes) for classes in ([], ["yes", "no"]))
    assert plain.model["roc_auc"] == pytest.approx(turned.model["roc_auc"])
    assert plain.model["average_precision"] != pytest.approx(turned.model["average_precision"])


def judged(task: str, rows: pd.DataFrame | None = None, **table: Any) -> evaluate.Evaluation:
    schema = tables.schema(task, **table)
    return train.fit(train.table(tables.rows(task) if rows is None else rows, schema), schema).evaluation


@pytest.mark.parametrize("task", tables.METRICS)
def test_a_table_with_signal_is_better_than_the_baseline_and_says_so(task: str) -> None:
    found = judged(task)
    assert found.verdict == "better"
    assert "is better than the naive baseline" in found.sentence
    assert found.low is not None
    assert found.gain is not None
    assert found.high is not None
    assert 0 < found.low < found.gain < found.high


@pytest.mark.parametrize("task", tables.METRICS)
def test_a_table_without_signal_is_not_and_says_so(task: str) -> None:
    rows = tables.rows(task)
    rows["y"] = np.random.default_rng(4).permutation(rows["y"].to_numpy())
    found = judged(task, rows)
    assert found.verdict != "better"
    assert "NOT BETTER" in found.sentence or "UNCLEAR" in found.sentence


def test_the_baseline_knows_the_training_rows_only() -> None:
    labels = pd.Series([1.0, 2.0, 9.0])
    assert evaluate.baseline(tables.schema(), labels, 2, []).tolist() == [2.0, 2.0]
    shares = evaluate.baseline(tables.schema("binary"), pd.Series(["no", "no", "yes", "no"]), 1, ["no", "yes"])
    assert shares.tolist() == [[0.75, 0.25]]


def test_slices_add_up_and_numbers_are_cut_in_quarters() -> None:
    found = judged("regression")
    by_column = pd.DataFrame([{"column": part.column, "rows": part.rows} for part in found.slices])
    assert by_column.groupby("column")["rows"].sum().tolist() == [120, 120]
    assert by_column["column"].value_counts().to_dict() == {"size": 4, "place": 3}
    weighted = sum(part.rows * (part.model or 0) for part in found.slices if part.column == "place") / 120
    assert weighted == pytest.approx(found.model["mae"])


def test_missing_values_are_a_slice() -> None:
    schema, rows = tables.schema(), tables.rows(count=60)
    rows.loc[:5, "place"] = None
    typed = frame.typed(rows, schema)
    assert (evaluate.grouped(typed["place"], categorical=True) == "missing").sum() == 6
