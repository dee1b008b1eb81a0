"""Landed rows as the store reads them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from {{cookiecutter.package_name}}.features import rows
from {{cookiecutter.package_name}}.features.featureset import WHOLE, FeatureError

from . import world

ENTITIES: dict[str, tuple[pa.Array, list[str | None]]] = {
    "text": (pa.array(["a", "", None]), ["a", "", None]),
    "large text": (pa.array(["a", "7", None], pa.large_string()), ["a", "7", None]),
    "coded text": (pa.array(["a", "b", None]).dictionary_encode(), ["a", "b", None]),
    "whole numbers": (pa.array([7, -1, None]), ["7", "-1", None]),
    "numbers": (pa.array([7.0, 7.5, None]), ["7", "7.5", None]),
    "truth": (pa.array([True, False, None]), ["1", "0", None]),
}


def written(folder: Path, **columns: pa.Array) -> Path:
    path = folder / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(("values", "texts"), ENTITIES.values(), ids=ENTITIES)
def test_an_entity_is_the_text_by_which_servers_ask(tmp_path: Path, values: pa.Array, texts: list[str | None]) -> None:
    path = written(tmp_path, zone=values, at=pa.array([world.START] * 3, pa.timestamp("us")))
    assert rows.observations([path], world.traffic())["entity"].to_pylist() == texts


def test_without_an_entity_all_rows_are_of_the_whole_table(tmp_path: Path) -> None:
    path = written(tmp_path, at=pa.array([world.START] * 2, pa.timestamp("us")))
    found = rows.observations([path, path], world.whole())
    assert found["entity"].to_pylist() == [WHOLE] * 4
    assert found["row"].to_pylist() == [0, 1, 2, 3]


TIMES = {"nanoseconds": pa.timestamp("ns"), "seconds": pa.timestamp("s"), "zoned": pa.timestamp("us", "Europe/Rome")}


@pytest.mark.parametrize("kind", TIMES.values(), ids=TIMES)
def test_times_are_microseconds_in_utc(tmp_path: Path, kind: pa.DataType) -> None:
    path = written(tmp_path, zone=pa.array(["a"]), at=pa.array([world.START], pa.timestamp("s")).cast(kind))
    found = rows.observations([path], world.traffic())["event_time"]
    assert found.type == pa.timestamp("us")
    assert found.to_pylist() == [world.START]


def test_a_span_begins_with_its_start_and_ends_before_its_end(tmp_path: Path) -> None:
    root = world.land(tmp_path, world.trips(300))
    files = sorted(root.glob("*/*.parquet"))
    frame = world.trips(300)
    start, end = frame["at"][50].to_pydatetime(), frame["at"][200].to_pydatetime()
    found = rows.source(files, world.traffic(), start, end)
    assert found.column_names == ["entity", "event_time", "label", "distance"]
    within = frame[(frame["at"] >= start) & (frame["at"] < end)]
    assert found.num_rows == len(within)
    assert min(found["event_time"].to_pylist()) == start
    assert max(found["event_time"].to_pylist()) < end


def test_a_missing_column_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    path = written(tmp_path, zones=pa.array(["a"]), at=pa.array([world.START]))
    with pytest.raises(FeatureError, match="no column 'zone'") as caught:
        rows.observations([path], world.traffic())
    assert "'zones'" in caught.value.fix


def test_no_rows_at_all_is_said() -> None:
    with pytest.raises(FeatureError, match="no landed rows"):
        rows.observations([], world.traffic())


def test_equal_rows_give_equal_bytes_however_they_lie_in_memory() -> None:
    entities, numbers = ["a", None, "b", "b"] * 50, [1.0, None, 3.0, 4.0] * 50
    times = [datetime(2025, 1, 1)] * 200
    table = pa.table({"entity": entities, "event_time": pa.array(times, pa.timestamp("us")), "label": numbers})
    pieces = pa.concat_tables([table.slice(0, 7), table.slice(7, 100), table.slice(107)])
    longer = pa.concat_tables([table.slice(0, 3), table, table.slice(0, 9)]).slice(3, 200)
    assert rows.encoded(pieces) == rows.encoded(longer) == rows.encoded(table)
    other = table.set_column(2, "label", pa.array([*numbers[:-1], 4.5]))
    assert rows.encoded(other) != rows.encoded(table)


def test_only_rows_with_a_known_label_count() -> None:
    source = pa.table(
        {
            "entity": ["a", None, "c", "d"],
            "event_time": pa.array([world.START, world.START, None, world.START], pa.timestamp("us")),
            "label": [1.0, 1.0, 1.0, None],
        }
    )
    assert rows.known(source)["entity"].to_pylist() == ["a"]


def test_every_chunk_of_a_column_is_read(tmp_path: Path) -> None:
    numbers = np.arange(2000) % 7
    path = tmp_path / "rows.parquet"
    table = pa.table({"zone": numbers, "at": pa.array([world.START] * 2000, pa.timestamp("us"))})
    pq.write_table(table, path, row_group_size=300)
    assert rows.observations([path], world.traffic())["entity"].to_pylist() == [str(it) for it in numbers]
