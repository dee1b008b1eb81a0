"""Training by hand: repeatable, and refused with a reason where nothing can be learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import frame, handoff, project, score, train

from . import tables


@pytest.mark.parametrize("name", project.ESTIMATORS)
def test_the_same_rows_and_seed_give_the_same_figures_predictions_and_bytes(tmp_path: Path, name: str) -> None:
    rows = tables.rows(count=300)
    for copy, order in (("one", rows), ("two", rows.sample(frac=1.0, random_state=1))):
        frame.write(order, tmp_path / f"{copy}.csv")
        train.run(tables.schema(estimator=name), tmp_path / f"{copy}.csv", tmp_path / copy)
    for file in (handoff.METRICS, handoff.RESPONSE, handoff.REQUEST, handoff.CARD, "plots/importance.png"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_the_card_has_the_figures_and_leaves_to_people_what_is_theirs(made: dict[str, Path]) -> None:
    for task, folder in made.items():
        card = (folder / handoff.CARD).read_text(encoding="utf-8")
        metrics = json.loads((folder / handoff.METRICS).read_text(encoding="utf-8"))
        name = tables.METRICS[task][0]
        assert f"| {name} | {metrics['model'][name]:.4g} | {metrics['baseline'][name]:.4g} |" in card
        assert card.count("*Not filled in.") == 2
        pictures = [line.split("(")[1][:-1] for line in card.splitlines() if line.startswith("![")]
        assert len(pictures) >= 3
        assert all((folder / picture).stat().st_size > 5000 for picture in pictures)


def test_a_model_without_signal_is_called_so_in_its_card(tmp_path: Path) -> None:
    rows = tables.rows()
    rows["y"] = rows["y"].sample(frac=1.0, random_state=2).to_numpy()
    frame.write(rows, tmp_path / "t.csv")
    done = train.run(tables.schema(), tmp_path / "t.csv", tmp_path / "handoff")
    assert done.evaluation.verdict == "not better"
    assert "THE MODEL IS NOT BETTER" in (tmp_path / "handoff" / handoff.CARD).read_text(encoding="utf-8")


def without_label(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(y=None)


def one_value(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(y=5.0)


def empty_column(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(warm=None)


REFUSED: dict[str, tuple[str, Any, str]] = {
    "no label at all": ("regression", without_label, "0 of 600 rows have a value in 'y'"),
    "too few rows": ("regression", lambda rows: rows.head(20), "20 of 20 rows"),
    "one value only": ("regression", one_value, "'y' is 5.0 in all 480 training rows"),
    "one class only": ("binary", lambda rows: rows.assign(y="no"), "'y' is 'no' in all 480 training rows"),
    "a third class": ("binary", lambda rows: rows.assign(y=["a", "b", "c"] * 200), "the classes a, b, c"),
    "text for a number": ("regression", lambda rows: rows.assign(y="x"), "'y' is numeric but holds 'x'"),
    "an empty column": ("regression", empty_column, "'warm' has no value in the training rows"),
    "no target": ("regression", lambda rows: rows.drop(columns="y"), "no column 'y'"),
    "no time": ("regression", lambda rows: rows.drop(columns="at"), "no column 'at'"),
}


@pytest.mark.parametrize(("task", "spoil", "said"), REFUSED.values(), ids=REFUSED)
def test_a_table_to_learn_nothing_from_is_refused(tmp_path: Path, task: str, spoil: Any, said: str) -> None:
    frame.write(spoil(tables.rows(task)), tmp_path / "t.csv")
    with pytest.raises(errors.DataError) as caught:
        train.run(tables.schema(task), tmp_path / "t.csv", tmp_path / "handoff")
    assert said in str(caught.value)
    assert not (tmp_path / "handoff").exists()


def test_a_class_that_is_not_declared_is_refused() -> None:
    with pytest.raises(errors.DataError, match="'yes', which is not in"):
        train.table(tables.rows("binary"), tables.schema("binary", classes=["no", "maybe"]))


def test_rows_without_a_label_are_left_out_and_odd_ones_are_warned_of(tmp_path: Path) -> None:
    rows, said = tables.rows(), list[str]()
    rows.loc[:9, "y"], rows.loc[20:24, "size"] = None, -1.0
    frame.write(rows, tmp_path / "t.csv")
    train.run(tables.schema(), tmp_path / "t.csv", tmp_path / "handoff", said.append)
    assert said[0].startswith("read 590 rows with a label")
    assert "warning: size: 5 values below min = 0" in said


@pytest.mark.parametrize("task", tables.METRICS)
def test_the_recorded_answers_are_the_references(made: dict[str, Path], task: str) -> None:
    loaded = handoff.load(made[task])
    records = json.loads((made[task] / handoff.REQUEST).read_text(encoding="utf-8"))["records"]
    assert len(records) == 5
    assert all(tuple(record) == loaded.schema.inputs for record in records)
    recorded = json.loads((made[task] / handoff.RESPONSE).read_text(encoding="utf-8"))["predictions"]
    assert score.items(loaded, records) == recorded
