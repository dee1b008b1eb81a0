"""The picture of a feature."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.features import plots
from {{cookiecutter.package_name}}.features.featureset import Feature, FeatureSet

from . import world

COUNTED = world.traffic(features=(Feature("trips_1d", "label", "count", world.DAY),))


@pytest.mark.parametrize("found", [world.traffic(), world.whole(), COUNTED], ids=["values", "whole table", "counts"])
def test_it_is_a_picture(tmp_path: Path, found: FeatureSet) -> None:
    files = world.run(world.land(tmp_path / "landed", world.trips(100)), tmp_path / "store", found)[0].files
    out = plots.over_time(files, found, tmp_path / "reports" / "features.png")
    assert out.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert out.stat().st_size > 5000
