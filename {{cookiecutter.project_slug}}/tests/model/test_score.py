"""Scoring by hand: one answer a row, in order, or the name of what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import frame, handoff, score

from . import tables

RECORD = {"at": "2025-03-04T08:15:00", "size": 3.5, "warm": None, "place": "north", "open": True}


def test_a_number_is_a_prediction_alone(made: dict[str, Path]) -> None:
    [item] = score.items(handoff.load(made["regression"]), [RECORD])
    assert set(item) == {"prediction"}
    assert isinstance(item["prediction"], float)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_class_comes_with_the_probabilities_of_all(made: dict[str, Path], task: str) -> None:
    [item] = score.items(handoff.load(made[task]), [RECORD])
    shares = item["probabilities"]
    assert sum(shares.values()) == pytest.approx(1.0)
    assert item["prediction"] == max(shares, key=lambda name: shares[name])
    assert list(shares) == {"binary": ["no", "yes"], "multiclass": ["low", "middle", "top"]}[task]


def test_records_and_rows_of_a_file_get_the_same_answers_in_order(made: dict[str, Path], tmp_path: Path) -> None:
    for task, folder in made.items():
        loaded, rows = handoff.load(folder), tables.rows(task, 40)
        records = score.sample(frame.typed(rows, loaded.schema), loaded.schema, 40)
        frame.write(rows.drop(columns="y"), tmp_path / "in.csv")
        scores, oddities = score.run(tmp_path / "in.csv", folder, tmp_path / "out.parquet")
        assert oddities == []
        assert scores["row"].tolist() == list(range(40))
        given = [item["prediction"] for item in score.items(loaded, records)]
        written = frame.read(tmp_path / "out.parquet")["prediction"].tolist()
        assert written == given if task != "regression" else np.allclose(written, given, rtol=1e-12)


def test_an_unknown_category_and_missing_values_are_answered(made: dict[str, Path]) -> None:
    strange = RECORD | {"place": "never seen", "size": None, "open": None}
    assert np.isfinite(score.items(handoff.load(made["regression"]), [strange])[0]["prediction"])


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({key: value for key, value in RECORD.items() if key != "place"}, "record 1 has no 'place'"),
        (RECORD | {"size": "large"}, "'size' is numeric but holds 'large'"),
        (RECORD | {"at": "noon"}, "'at' is not a timestamp"),
        (RECORD | {"open": 3}, "'open' is boolean but holds 3"),
    ],
    ids=["lacks a column", "text for a number", "no time", "no boolean"],
)
def test_a_record_that_does_not_fit_is_refused(made: dict[str, Path], record: dict[str, object], said: str) -> None:
    with pytest.raises(errors.DataError, match=said):
        score.items(handoff.load(made["regression"]), [RECORD, record])


def test_no_records_are_no_answers(made: dict[str, Path]) -> None:
    assert score.items(handoff.load(made["regression"]), []) == []


def test_a_file_without_an_input_is_refused(made: dict[str, Path], tmp_path: Path) -> None:
    frame.write(tables.rows().drop(columns="place"), tmp_path / "in.csv")
    with pytest.raises(errors.DataError, match="no column 'place'"):
        score.run(tmp_path / "in.csv", made["regression"], tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
