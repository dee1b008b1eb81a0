"""Rows from files: one row group after the other, each file by the folder's schema, never all of them at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from {{cookiecutter.package_name}}.operations.drift import source

GROUP, GROUPS = 50_000, 40


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    pq.write_table(pa.table({"x": np.random.default_rng(1).random(GROUP * GROUPS)}), path, row_group_size=GROUP)
    return path


def held(batches: Any) -> int:
    """Bytes that Arrow holds after the first batch, for one who takes a long time over it."""
    before = pa.total_allocated_bytes()
    first = next(iter(batches))
    assert len(first)
    time.sleep(0.5)
    return int(pa.total_allocated_bytes() - before)


def test_who_takes_long_over_a_batch_does_not_find_all_others_waiting(path: Path) -> None:
    batches = source.batches(source.opened(path), ["x"])
    assert held(batches) < 6 * GROUP * 8
    batches.close()


def test_a_scan_of_the_whole_would_be_seen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "pieces", lambda data: iter([data]))
    monkeypatch.setattr(source, "ahead", lambda parts, *_: (it.to_table() for it in parts))
    batches = source.batches(ds.dataset(path), ["x"])
    assert held(batches) > 6 * GROUP * 8
    batches.close()


def test_all_rows_come_once_and_in_order(path: Path) -> None:
    found = pa.Table.from_batches(source.batches(source.opened(path), ["x"]))
    assert found["x"].combine_chunks().equals(pq.read_table(path)["x"].combine_chunks())


def test_files_of_a_folder_are_read_by_one_schema(tmp_path: Path) -> None:
    """A file whose numbers are whole, and one that lacks a column, as pandas writes them."""
    pq.write_table(pa.table({"x": [1.5, 2.5], "y": ["a", "b"]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"x": [3, 4]}), tmp_path / "2.parquet")
    found = pa.Table.from_batches(source.batches(source.opened(tmp_path), ["x", "y"])).to_pydict()
    assert found == {"x": [1.5, 2.5, 3.0, 4.0], "y": ["a", "b", None, None]}


def test_a_reader_that_fails_is_heard(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    middle = len(whole) // 2
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(whole[: middle - 500_000] + b"\0" * 1_000_000 + whole[middle + 500_000 :])
    with pytest.raises(OSError, match=r"(?i)page|thrift|deserial|corrupt|parquet|metadata"):
        list(source.batches(source.opened(broken), ["x"]))
