"""What a row costs, by the metric; what cannot be read costs nothing and is not counted."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.deployment.comparison import losses
from {{cookiecutter.package_name}}.model import evaluate

from . import made

TRUTH = np.array(["no", "yes", "yes", "no", "yes", "no", "no", "no"], dtype=object)
CHANCES = np.array([0.1, 0.8, 0.4, 0.3, 0.9, 0.6, 0.2, 0.05])


def items(as_text: bool = False) -> pd.Series:
    """What a binary classifier answered."""
    found = [
        {"prediction": "yes" if it > 0.5 else "no", "probabilities": {"no": 1 - it, "yes": float(it)}} for it in CHANCES
    ]
    return pd.Series([json.dumps(it) for it in found] if as_text else found, dtype=object)


def of(metric: str, task: str, predictions: pd.Series, outcomes: Any) -> tuple[losses.Loss, losses.Floats]:
    schema = made.schema(task, metric)
    found, read, probable = losses.answers(predictions, pd.Series(outcomes, dtype=object), schema)
    assert read.all()
    loss = losses.choose(schema, probable)
    return loss, loss.of(found)


@pytest.mark.parametrize(("metric", "power"), [("mae", 1.0), ("rmse", 0.5)])
def test_the_mean_loss_of_a_regression_is_its_metric_or_orders_as_it(metric: str, power: float) -> None:
    random = np.random.default_rng(1)
    actual, predicted = random.normal(size=50), random.normal(size=50)
    _, found = of(metric, "regression", pd.Series(predicted), actual)
    assert found.mean() ** power == pytest.approx(evaluate.measure(metric, actual, predicted, []))


@pytest.mark.parametrize("as_text", [False, True], ids=["objects", "JSON text"])
def test_the_mean_log_loss_is_the_metric(as_text: bool) -> None:
    loss, found = of("log_loss", "binary", items(as_text), TRUTH)
    both = np.column_stack([1 - CHANCES, CHANCES])
    assert found.mean() == pytest.approx(evaluate.measure("log_loss", TRUTH, both, ["no", "yes"]))
    assert loss.name == "log loss"


def test_the_share_of_wrong_answers_is_one_less_the_accuracy() -> None:
    loss, found = of("accuracy", "multiclass", pd.Series(["a", "b", "c", "a"]), ["a", "b", "a", "c"])
    assert found.tolist() == [0, 0, 1, 1]
    assert loss.bounded


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_a_metric_of_ranks_says_what_stands_in_for_it(metric: str) -> None:
    loss, found = of(metric, "binary", items(), TRUTH)
    assert loss.name == f"log loss, for {metric} is of ranks and no mean of rows"
    assert found[1] == pytest.approx(-np.log(0.8))


def test_without_probabilities_right_or_wrong_stands_in() -> None:
    loss, found = of("log_loss", "binary", pd.Series(["yes", "no"]), ["yes", "yes"])
    assert "no probabilities for log_loss" in loss.name
    assert found.tolist() == [0, 1]


def test_a_rare_class_weighs_as_much_as_the_other_for_f1() -> None:
    outcomes = ["no"] * 9 + ["yes"]
    lazy = of("f1", "binary", pd.Series(["no"] * 10), outcomes)[1]
    eager = of("f1", "binary", pd.Series(["yes"] * 10), outcomes)[1]
    assert lazy.mean() == pytest.approx(0.5)
    assert eager.mean() == pytest.approx(0.5)
    assert lazy[-1] == pytest.approx(5.0)


def test_a_class_is_the_same_as_text_and_as_number() -> None:
    assert of("accuracy", "multiclass", pd.Series(["1", "2"]), [1, 2.0])[1].tolist() == [0, 0]


def test_a_class_that_the_model_does_not_know_costs_the_most() -> None:
    found = of("log_loss", "binary", items()[:1], ["perhaps"])[1]
    assert found[0] == pytest.approx(-np.log(1e-15))


@pytest.mark.parametrize("outcome", [None, "abc", float("nan"), float("inf")])
def test_an_outcome_that_is_no_number_is_not_read(outcome: object) -> None:
    series = pd.Series([1.0, 2.0])
    _, read, _ = losses.answers(series, pd.Series([outcome, 2.0], dtype=object), made.schema())
    assert read.tolist() == [False, True]


def test_a_prediction_of_broken_json_is_a_class_of_that_name_and_so_wrong() -> None:
    assert of("accuracy", "multiclass", pd.Series(['{"prediction": ']), ["a"])[1].tolist() == [1]


def test_the_cap_is_set_by_the_first_losses_alone() -> None:
    early = np.arange(100.0)
    assert losses.cap(np.r_[early, 1e9], 100, 0.99) == losses.cap(early, 100, 0.99) == pytest.approx(98.01)
    assert losses.cap(np.r_[np.zeros(199), 3.0], 200, 0.99) == 3.0, "a quantile of zero would clip everything"
    assert losses.cap(np.zeros(0), 200, 0.99) == 0.0
