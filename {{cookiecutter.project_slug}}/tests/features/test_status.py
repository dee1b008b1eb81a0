"""How a store stands: against what is landed, against the clock, and against the definitions."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from {{cookiecutter.package_name}}.data.manifest import By
from {{cookiecutter.package_name}}.features import publish, status
from {{cookiecutter.package_name}}.features.featureset import FeatureError, FeatureSet
from {{cookiecutter.package_name}}.features.status import Standing

from . import world

LAST = world.expected(world.trips(300))["event_time"].max().to_pydatetime()


def standing(base: Path, now: datetime, found: FeatureSet | None = None) -> Standing:
    return status.of(base / "store", base / "landed", found or world.traffic(), now)


def ran(base: Path, by: By = "day") -> Path:
    world.run(world.land(base / "landed", world.trips(300), by), base / "store")
    return base


@pytest.mark.parametrize("by", ["day", "month"])
def test_its_age_is_that_of_the_newest_value_however_the_table_is_partitioned(tmp_path: Path, by: By) -> None:
    ran(tmp_path, by)
    found = standing(tmp_path, LAST + 5 * world.HOUR)
    assert (found.newest, found.age, found.lag) == (LAST, 5 * world.HOUR, 5 * world.HOUR - world.DELAY)
    assert found.statuses == {"Complete": 4 if by == "day" else 1}
    assert found.rows == len(world.expected(world.trips(300)))


def test_within_the_delay_it_does_not_lag(tmp_path: Path) -> None:
    assert standing(ran(tmp_path), LAST + world.HOUR).lag == timedelta(0)


@pytest.mark.parametrize("by", ["day", "month"])
def test_it_is_stale_when_no_value_is_young_enough(tmp_path: Path, by: By) -> None:
    ran(tmp_path, by)
    assert not standing(tmp_path, LAST + world.TTL).stale
    late = standing(tmp_path, LAST + world.TTL + world.MICROSECOND)
    assert late.stale
    assert "  STALE: newest value 2025-03-06 " in "\n".join(status.lines(late))


def test_new_and_changed_rows_are_work_to_do(tmp_path: Path) -> None:
    ran(tmp_path)
    more = world.trips(300)
    more.loc[more["at"] >= "2025-03-06", "km"] += 1
    extra = world.trips(20, 9, days=1, first=900)
    extra["at"] += timedelta(days=6)
    world.land(tmp_path / "landed", pd.concat([more, extra], ignore_index=True))
    assert standing(tmp_path, LAST).statuses == {"Complete": 3, "Incomplete": 1, "None": 1}


def test_another_definition_is_not_complete(tmp_path: Path) -> None:
    ran(tmp_path)
    found = standing(tmp_path, LAST, world.traffic(entity=None))
    assert (found.statuses, found.rows, found.newest) == ({"Incomplete": 4}, 0, None)
    assert found.stale
    assert found.lag is None
    assert "STALE: it has no value; run `mlops features materialise`" in "\n".join(status.lines(found))


def test_what_was_never_run_is_none(tmp_path: Path) -> None:
    ran(tmp_path)
    found = standing(tmp_path, LAST, world.traffic(version="2", retired=True))
    assert found.statuses == {"None": 4}
    assert next(status.lines(found)).startswith("traffic, version 2, retired: 0 rows; intervals: 4 None")


def test_it_tells_of_the_online_store_and_of_the_runs(tmp_path: Path) -> None:
    ran(tmp_path)
    assert "nothing online; run" in "\n".join(status.lines(standing(tmp_path, LAST)))
    publish.run(tmp_path / "store", (world.traffic(),), LAST)
    found = standing(tmp_path, LAST)
    assert found.online == LAST
    lines = list(status.lines(found))
    assert lines[-2] == f"  online as of {LAST}"
    assert "Complete, 4 of 4 intervals" in lines[-1]


def test_a_problem_of_a_run_is_told() -> None:
    row = {"id": 3, "started": "then", "status": "Failed", "computed": 1, "intervals": 4, "rows": 9, "seconds": None}
    assert (
        status.sentence({**row, "problem": "no disk"})
        == "run 3 then: Failed, 1 of 4 intervals, 9 rows in 0 s (no disk)"
    )


def test_without_a_store_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match="holds no materialised features"):
        standing(tmp_path, LAST)


def test_where_nothing_is_landed_nothing_is_to_do(tmp_path: Path) -> None:
    ran(tmp_path)
    found = status.of(tmp_path / "store", tmp_path / "elsewhere", world.traffic(), LAST)
    assert found.statuses == {}
    assert "intervals: none are landed" in next(status.lines(found))
