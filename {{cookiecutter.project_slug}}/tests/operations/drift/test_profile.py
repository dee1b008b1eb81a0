"""Counts by bin and stretch of time: the same from files, folders and memory, in any order of the rows, of any type."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.operations.drift import bins, learn, profile, source
from {{cookiecutter.package_name}}.operations.drift.profile import Profile, Watched

from . import made


def same(one: Profile, other: Profile) -> bool:
    """All counts, bins and times are equal."""
    assert one.grid == other.grid
    assert one.rows == other.rows
    return all(np.array_equal(it.counts, other.tallies[name].counts) for name, it in one.tallies.items())


def test_files_a_folder_a_csv_and_memory_give_the_same(tmp_path: Path) -> None:
    rows = made.rows(5000)
    in_memory = made.learned(rows)
    pq.write_table(rows, tmp_path / "one.parquet", row_group_size=700)
    (tmp_path / "folder").mkdir()
    for number in range(5):
        pq.write_table(rows.slice(number * 1000, 1000), tmp_path / "folder" / f"{number}.parquet")
    rows.to_pandas().to_csv(tmp_path / "one.csv", index=False)
    for name in ("one.parquet", "folder", "one.csv"):
        assert same(made.learned(tmp_path / name), in_memory), name


def test_batches_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made.rows(3000)
    whole = made.learned(rows)
    monkeypatch.setattr(source, "BATCH", 97)
    assert same(made.learned(rows), whole)


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = made.rows(3000)
    assert same(made.learned(rows.take(np.random.default_rng(1).permutation(3000))), made.learned(rows))


def test_counts_are_those_of_the_rows() -> None:
    rows = made.rows(4000, zone=pa.array([*["north", None] * 1500, *["south"] * 1000]))
    found = made.learned(rows)
    zone, tally = found.bins["zone"], found.tallies["zone"]
    assert isinstance(zone, bins.Categories)
    named = dict(zip(zone.names, tally.present.tolist(), strict=False))
    assert named == {name: count for name, count in Counter(rows["zone"].to_pylist()).items() if name}
    assert tally.missing == 1500
    assert tally.counts.sum() == found.tallies["km"].counts.sum() == found.rows == 4000
    assert (found.tallies["km"].counts.sum(axis=1) > 0).all()
    assert found.grid.cells == learn.FEWEST


@pytest.mark.parametrize(
    "values",
    [
        pa.array([True, False, None]),
        pa.array([1, 0, None]),
        pa.array([1.0, 0.0, None]),
        pa.array(["True", "no", None]),
        pa.array(["1", "0", None]).dictionary_encode(),
    ],
    ids=["bool", "int", "float", "words", "dictionary"],
)
def test_a_boolean_reads_the_same_however_it_is_stored(values: pa.Array) -> None:
    found = made.learned(pa.table({"at": made.times(3), "x": values}), [Watched("x", "boolean")])
    of = found.bins["x"]
    assert isinstance(of, bins.Categories)
    assert of.names == ("false", "true")
    assert found.tallies["x"].counts.sum(axis=0).tolist() == [1, 1, 0, 0, 1]


def test_a_category_reads_the_same_as_a_number_and_as_text() -> None:
    reference, window = made.sides([1, 2, 2, 3] * 30, [1.0, 2.0, 2.0, 3.0] * 9, "categorical")
    assert window.tallies["x"].counts.sum(axis=0).tolist() == [18, 9, 9, 0, 0, 0]
    assert reference.rows == 120


def test_rare_categories_are_counted_as_one_and_are_not_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bins, "MOST", 2)
    before = ["a"] * 9 + ["b"] * 5 + ["c"] * 2 + ["d"]
    reference, window = made.sides(before, ["a", "c", "d", "e"], "categorical")
    assert reference.bins["x"] == bins.Categories(("a", "b"), frozenset("cd"))
    assert window.tallies["x"].counts.sum(axis=0).tolist() == [1, 0, 2, 1, 0]


@pytest.mark.parametrize("zone", ["+00:00", "Z", ""])
def test_times_may_be_text(zone: str) -> None:
    texts = [f"2026-01-0{day}T12:00:00{zone}" for day in range(1, 5)]
    found = made.learned(pa.table({"at": texts, "x": [1.0] * 4}), [Watched("x", "numeric")])
    assert found.grid.origin == pd.Timestamp("2026-01-01T12:00:00").value // 1000
    assert found.span == 3 * 86_400_000_000


def test_every_value_lies_in_the_bin_that_holds_it() -> None:
    for values in (np.random.default_rng(2).normal(size=500), np.exp(np.random.default_rng(2).normal(0, 3, 500))):
        of = bins.of_numbers(values, float(values.min()), float(values.max()), float(values.std()))
        places = of.index(values)
        low, high = of.edges[places - 1], of.edges[places]
        assert places.min() >= 1
        assert places.max() <= len(of.edges) - 1
        slack = 1e-9 * (values.max() - values.min())
        assert ((low - slack <= values) & (values <= high + slack)).all()
        outside = of.index(np.array([values.min() - 1, values.max() + 1, -np.inf, np.inf]))
        assert outside.tolist() == [0, of.size - 1, 0, of.size - 1]


def test_a_window_without_rows_is_a_profile_too() -> None:
    reference = made.learned(made.rows(1000))
    found = profile.window(made.rows(1000).slice(0, 0), reference)
    assert found.rows == 0
    assert all(it.counts.sum() == 0 for it in found.tallies.values())


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no row"):
        made.learned(made.rows(0))
    with pytest.raises(DataError, match="no column 'zone'"):
        made.learned(made.rows(50).drop_columns("zone"))
    with pytest.raises(DataError, match="'km' is numeric, and its values are not"):
        made.learned(made.rows(2, km=pa.array(["1", "two"])))
    with pytest.raises(DataError, match="does not exist"):
        made.learned(tmp_path / "none.parquet")
    (tmp_path / "bad.parquet").write_text("no", encoding="utf-8")
    with pytest.raises(DataError, match="is not Parquet"):
        made.learned(tmp_path / "bad.parquet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no Parquet file"):
        made.learned(tmp_path / "empty")
