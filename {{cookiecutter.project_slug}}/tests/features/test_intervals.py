"""Intervals: which files each one is computed from, against a look at every file."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from {{cookiecutter.package_name}}.data import manifest as manifests
from {{cookiecutter.package_name}}.data.manifest import By, File
from {{cookiecutter.package_name}}.features import intervals

from . import world


def file(path: str, start: datetime, end: datetime) -> File:
    return File(path=path, sha256=path, rows=1, start=start.isoformat(), end=end.isoformat(), nulls={})


SPANS = {
    "a day": ("day=2025-02-28", datetime(2025, 2, 28), datetime(2025, 3, 1)),
    "a month": ("month=2025-02", datetime(2025, 2, 1), datetime(2025, 3, 1)),
    "a month of 31 days": ("month=2024-12", datetime(2024, 12, 1), datetime(2025, 1, 1)),
    "another folder": ("rows", datetime(2025, 1, 1, 8), datetime(2025, 1, 2, 9, 0, 0, 1)),
}


@pytest.mark.parametrize(("label", "start", "end"), SPANS.values(), ids=SPANS)
def test_a_partition_is_a_span_of_time(label: str, start: datetime, end: datetime) -> None:
    rows = [file(f"{label}/a", datetime(2025, 1, 1, 8), datetime(2025, 1, 2, 9))]
    assert intervals.span(label, rows) == (start, end)


@pytest.mark.parametrize("seed", range(10))
def test_the_files_of_a_time_are_those_that_a_look_at_each_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    starts = random.integers(0, 1000, 60)
    lengths = random.integers(0, 300 if seed % 2 else 5, 60)
    hours = [world.HOUR * int(it) for it in starts], [world.HOUR * int(it) for it in lengths]
    files = [file(f"p/{n}", world.START + a, world.START + a + b) for n, (a, b) in enumerate(zip(*hours, strict=True))]
    within = intervals.Within(files)
    for _ in range(50):
        start = world.START + world.HOUR * int(random.integers(-10, 1010))
        end = start + world.HOUR * int(random.integers(1, 100))
        wanted = {it.path for it in files if it.end >= start.isoformat() and it.start < end.isoformat()}
        assert {it.path for it in within(start, end)} == wanted


@pytest.mark.parametrize("by", ["day", "month"])
def test_an_interval_is_computed_from_its_own_files_and_those_of_its_windows(tmp_path: Path, by: By) -> None:
    root = world.land(tmp_path, world.trips(300, days=40), by)
    found = world.traffic()
    parts = intervals.parts(found, manifests.load(root).files)
    assert [part.start for part in parts] == sorted(part.start for part in parts)
    labels = [[it.path.split("/")[0] for it in part.files] for part in parts]
    assert labels[0] == [parts[0].label]
    before = {"day": timedelta(days=1), "month": timedelta(days=3)}[by]
    assert labels[-1] == [it.label for it in parts if it.end > parts[-1].start - before]
    assert len(labels[-1]) == 2


def test_the_inputs_change_with_the_files_of_the_windows_and_with_no_other(tmp_path: Path) -> None:
    found, frame = world.traffic(), world.trips(300)
    before = named(world.land(tmp_path, frame))
    frame.loc[frame["at"] < "2025-03-04", "km"] += 1
    after = named(world.land(tmp_path, frame))
    changed = [label for label, inputs in after.items() if before[label] != inputs]
    assert changed == ["day=2025-03-03", "day=2025-03-04"]
    assert named(world.land(tmp_path, world.trips(300))) == before
    part = intervals.parts(found, manifests.load(tmp_path).files)[0]
    assert intervals.inputs(found, part) != intervals.inputs(world.traffic(version="2"), part)


def named(root: Path) -> dict[str, str]:
    parts = intervals.parts(world.traffic(), manifests.load(root).files)
    return {part.label: intervals.inputs(world.traffic(), part) for part in parts}
