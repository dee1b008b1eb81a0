"""What is read of files, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from {{cookiecutter.package_name}}.deployment.batch import source
from {{cookiecutter.package_name}}.errors import DataError


def text(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def chunks(path: Path, size: int = 2) -> list[source.Chunk]:
    return list(source.find(path).chunks(size))


def test_cells_are_text_and_what_is_missing_is_null(tmp_path: Path) -> None:
    found = chunks(text(tmp_path / "a.csv", 'a,"b, c"\n1,x\nNA,"two\nlines"\n\n,""\n'))
    assert [it.rows.to_pydict() for it in found] == [
        {"a": ["1", None], "b, c": ["x", "two\nlines"]},
        {"a": [None], "b, c": [None]},
    ]
    assert [(it.number, it.first, it.broken) for it in found] == [(0, 1, {}), (1, 3, {})]
    assert found[-1].done == 1.0


def test_rows_of_another_width_are_broken_and_the_others_are_not(tmp_path: Path) -> None:
    found = chunks(text(tmp_path / "a.csv", "a,b\n1\n1,2\n1,2,3\n"), 10)[0]
    assert found.broken == {0: "has 1 cells, and the header 2", 2: "has 3 cells, and the header 2"}
    assert found.rows.to_pydict() == {"a": ["1", "1", "1"], "b": [None, "2", "2"]}


def test_a_line_that_is_not_utf_8_is_broken_alone(tmp_path: Path) -> None:
    found = chunks(text(tmp_path / "a.csv", b"a,b\nx,1\n\xff\xfe,2\ny,3\n"), 10)[0]
    assert found.broken == {1: "is not UTF-8"}
    assert found.rows["b"].to_pylist() == ["1", "2", "3"]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert source.find(text(tmp_path / "a.csv", b"\xef\xbb\xbfa,b\n1,2\n")).columns == ("a", "b")


def test_chunks_of_parquet_do_not_depend_on_row_groups(tmp_path: Path) -> None:
    table = pa.table({"a": list(range(10))})
    for name, group in (("one", 3), ("two", 10)):
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=group)
    one, two = ([it.rows["a"].to_pylist() for it in chunks(tmp_path / f"{name}.parquet", 4)] for name in ("one", "two"))
    assert one == two == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def other_columns(folder: Path) -> Path:
    pq.write_table(pa.table({"a": [1]}), folder / "1.parquet")
    pq.write_table(pa.table({"b": [1]}), folder / "2.parquet")
    return folder


WRONG: dict[str, tuple[Callable[[Path], Path], str]] = {
    "nothing there": (lambda it: it / "a.csv", "does not exist"),
    "another kind of file": (lambda it: text(it / "a.xlsx", "x"), "is no table"),
    "an empty file": (lambda it: text(it / "a.csv", ""), "is empty"),
    "two columns of one name": (lambda it: text(it / "a.csv", "a,b,a\n1,2,3\n"), "two columns 'a'"),
    "no Parquet": (lambda it: text(it / "a.parquet", "x"), "is no Parquet file"),
    "an empty folder": (lambda it: it, "is no table"),
    "files of other columns": (other_columns, "has other columns than"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_table_is_refused(name: str, tmp_path: Path) -> None:
    make, problem = WRONG[name]
    with pytest.raises(DataError, match=problem):
        source.find(make(tmp_path))


def test_a_quote_that_is_never_closed_is_told_with_its_line(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", 'a\n1\n"' + "x" * 200_000)
    with pytest.raises(DataError, match="line 3: field larger than field limit"):
        chunks(path)
