"""Tables on disk and the kinds of their columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import frame

from . import tables

BAD_VALUES = {
    "text in a number": ("size", "12 km", "'12 km'"),
    "infinite number": ("size", np.inf, "inf"),
    "maybe": ("open", "maybe", "'maybe'"),
    "no time": ("at", "yesterday", "timestamp"),
}


@pytest.mark.parametrize("value", [7, 7.0, np.int64(7), np.float64(7.0), "7"], ids=repr)
def test_a_whole_number_is_the_same_category_however_it_was_stored(value: object) -> None:
    assert frame.category(value) == "7"


@pytest.mark.parametrize("value", [None, float("nan"), pd.NA, pd.NaT], ids=repr)
def test_missing_is_no_category(value: object) -> None:
    assert frame.category(value) is None


@pytest.mark.parametrize(("column", "value", "said"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_a_value_that_is_not_of_its_kind_is_named(column: str, value: Any, said: str) -> None:
    rows = tables.rows(count=60).astype({column: object})
    rows.loc[3, column] = value
    with pytest.raises(errors.DataError, match=column) as caught:
        frame.typed(rows, tables.schema())
    assert said in str(caught.value)


def test_a_missing_column_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(errors.DataError, match="no column 'size'") as caught:
        frame.typed(tables.rows(count=60).rename(columns={"size": "sizes"}), tables.schema())
    assert "'sizes'" in caught.value.fix


def test_prepared_columns_have_their_order_and_kinds() -> None:
    schema = tables.schema()
    out = frame.prepare(frame.typed(tables.rows(count=60), schema), schema)
    assert tuple(out.columns) == schema.prepared
    assert out.loc[20, "hour"] == 12.0
    assert out.loc[0, "weekday"] == 0.0  # a Monday
    assert out.dtypes.drop("place").eq("float64").all()
    assert out["place"].dtype == object


def test_times_with_and_without_a_zone_are_one_clock() -> None:
    out = frame.as_timestamp(pd.Series(["2025-01-01T10:00:00+02:00", "2025-01-01 08:00:00", "2025-01-01T08:00:00Z"]))
    assert out.nunique() == 1
    assert out.dt.tz is None


def test_csv_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    rows, schema = tables.rows(count=60), tables.schema()
    for name in ("t.csv", "t.parquet"):
        frame.write(rows, tmp_path / name)
    one, other = (frame.typed(frame.read(tmp_path / name), schema) for name in ("t.csv", "t.parquet"))
    names = list(schema.inputs)
    pd.testing.assert_frame_equal(one[names], other[names], check_dtype=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.parquet"]


def test_a_folder_counts_only_what_its_manifest_lists(tmp_path: Path) -> None:
    for name in ("a", "b"):
        frame.write(tables.rows(count=5), tmp_path / f"{name}.parquet")
    assert len(frame.read(tmp_path)) == 10
    (tmp_path / "manifest.json").write_text(json.dumps({"files": [{"path": "b.parquet"}]}), encoding="utf-8")
    assert len(frame.read(tmp_path)) == 5


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", b"a,b\n1,2\n1,2,3\n", "is not a CSV file"),
        ("t.csv", b"a,b\n\xff\xfe,2\n", "is not a CSV file"),
        ("t.xlsx", b"x", "'.xlsx'"),
    ],
    ids=["empty", "ragged", "not utf-8", "spreadsheet"],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(errors.DataError, match=said):
        frame.read(tmp_path / name)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.DataError, match="does not exist"):
        frame.read(tmp_path / "t.csv")
    with pytest.raises(errors.DataError, match="holds no Parquet file"):
        frame.read(tmp_path)


def test_oddities_name_what_goes_against_the_schema_and_nothing_else() -> None:
    schema, rows = tables.schema(), tables.rows(count=60)
    assert frame.oddities(frame.typed(rows, schema), schema) == []
    rows.loc[:4, "size"], rows.loc[:2, "place"] = -1.0, None
    assert frame.oddities(frame.typed(rows, schema), schema) == [
        "size: 5 values below min = 0",
        "place: missing in 3 of 60 rows, and not nullable in project.toml",
    ]
