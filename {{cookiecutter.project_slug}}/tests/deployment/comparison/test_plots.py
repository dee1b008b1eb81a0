"""The picture of a release."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from {{cookiecutter.package_name}}.deployment.comparison import plots, verdict
from {{cookiecutter.package_name}}.deployment.comparison.plots import Trace

from . import made
from .made import BLUE, GREEN, NOW, SINCE, World

PLAN = made.plan()


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    """A shadow and two stages of the ramp."""
    world, out = World(), []
    worlds = [(SINCE, PLAN.stages[0], world.shadow(2_000, 0.3))]
    worlds += [
        (
            SINCE + timedelta(days=2 * it),
            PLAN.stages[it],
            world.ramp(3_000, 0.3, percent=PLAN.stages[it].percent, start=SINCE + timedelta(days=2 * it)),
        )
        for it in (1, 2)
    ]
    for since, stage, rows in worlds:
        found = verdict.judge(rows, BLUE, GREEN, stage, PLAN, made.schema(), since, since + (NOW - SINCE))
        out.append(plots.trace(rows, found, made.schema()))
    return out


def test_a_trace_ends_where_the_verdict_stands(traces: list[Trace]) -> None:
    for it in traces:
        figures, usual = it.verdict.figures, it.verdict.figures["margin"] / PLAN.test.margin
        for path, name in ((it.estimate, "gain"), (it.low, "low"), (it.high, "high")):
            assert path[-1] == pytest.approx(100 * figures[name] / usual)


def test_what_does_not_count_yet_is_marked(traces: list[Trace]) -> None:
    shadow = traces[0]
    share = shadow.counts.mean()
    assert share == pytest.approx(1 - PLAN.shadow.pairs / 2_000, abs=0.02)
    assert shadow.counts[-1]
    assert not shadow.counts[0]


def test_the_picture_is_drawn_the_same_each_time(traces: list[Trace], tmp_path: Path) -> None:
    first, second = (plots.draw(traces, tmp_path / name, "a release").read_bytes() for name in ("1.png", "2.png"))
    assert first == second
    assert first.startswith(b"\x89PNG")
    assert plots.draw(traces[:1], tmp_path / "3.png").read_bytes() != first


def test_a_stage_without_rows_is_drawn_too(tmp_path: Path) -> None:
    rows = World().shadow(20)[:0]
    found = verdict.judge(rows, BLUE, GREEN, PLAN.stages[0], PLAN, made.schema(), SINCE, NOW)
    trace = plots.trace(rows, found, made.schema())
    assert not len(trace.at)
    assert plots.draw([trace], tmp_path / "empty.png").stat().st_size > 1_000


def test_the_scale_shows_what_counts(traces: list[Trace]) -> None:
    reach = plots.limits(traces)
    shadow = traces[0]
    assert reach > abs(shadow.low[-1])
    assert reach < np.nanmax(np.abs(shadow.low[np.isfinite(shadow.low)]))
