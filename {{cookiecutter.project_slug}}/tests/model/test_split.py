"""The split in time: nothing of the future, and nothing that was not yet known, gets into training."""

from __future__ import annotations

import pandas as pd
import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import split

from . import tables


def hours(*at: int) -> pd.DataFrame:
    return pd.DataFrame({"at": pd.Timestamp("2025-01-01") + pd.to_timedelta(list(at), unit="h")})


def test_train_ends_before_test_starts() -> None:
    train, test = split.by_time(tables.rows(), tables.schema())
    assert (len(train), len(test)) == (480, 120)
    assert train["at"].max() < test["at"].min()


def test_rows_of_equal_time_stay_together() -> None:
    train, test = split.by_time(hours(1, 2, 3, 3, 3, 3, 3, 3, 3, 3), tables.schema())
    assert train["at"].dt.hour.tolist() == [1, 2]
    assert set(test["at"].dt.hour) == {3}


def test_a_label_that_was_not_yet_known_at_the_cut_is_not_trained_on() -> None:
    train, test = split.by_time(hours(*range(10)), tables.schema(label_delay="3h"))
    assert test["at"].dt.hour.tolist() == [8, 9]
    assert train["at"].dt.hour.tolist() == [0, 1, 2, 3, 4, 5]


def test_with_a_window_only_the_latest_rows_count() -> None:
    whole, schema = tables.rows(), tables.schema()
    window = {"training": {**schema.training.model_dump(), "window": "10h"}}
    recent = type(schema).model_validate({**schema.model_dump(), **window})
    train, test = split.by_time(whole, recent)
    last = whole["at"].max()
    assert train["at"].min() >= last - pd.Timedelta("10h")
    assert len(train) + len(test) == (whole["at"] >= last - pd.Timedelta("10h")).sum() < len(whole)


@pytest.mark.parametrize(
    ("rows", "delay"),
    [(hours(5, 5, 5, 5), "0s"), (hours(*range(10)), "4w"), (hours(1), "0s")],
    ids=["one time", "no label known in time", "one row"],
)
def test_an_empty_side_is_refused(rows: pd.DataFrame, delay: str) -> None:
    with pytest.raises(errors.DataError):
        split.by_time(rows, tables.schema(label_delay=delay))


def test_a_missing_time_is_refused() -> None:
    rows = hours(1, 2, 3)
    rows.loc[1, "at"] = pd.NaT
    with pytest.raises(errors.DataError, match="'at' is missing in 1 rows"):
        split.by_time(rows, tables.schema())
