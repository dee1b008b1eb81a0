"""The demo's pipeline: the repo's own with one step more, which turns labels upside down."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from {{cookiecutter.package_name}}.training import parts, pipeline, spoilt
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


def test_numbers_are_mirrored_within_their_range() -> None:
    assert spoilt.turned(pd.Series([1.0, 2.0, 9.0])).tolist() == [9.0, 8.0, 1.0]


def test_each_class_has_the_name_of_the_next() -> None:
    assert spoilt.turned(pd.Series(["b", "a", "c", "a"])).tolist() == ["c", "b", "a", "b"]


def test_only_the_labels_are_turned(place: Workspace, tmp_path: Path) -> None:
    (side,) = place.runs.glob("*/split/train")
    spoilt.turn(side, tmp_path)
    (before, schema), (after, other) = parts.read(side), parts.read(tmp_path)
    target = schema.table.target
    assert schema == other
    assert before[target].corr(after[target]) < -0.999
    pd.testing.assert_frame_equal(before.drop(columns=target), after.drop(columns=target))


def test_the_pipeline_is_the_repo_s_with_one_step_between_split_and_train(place: Workspace, tmp_path: Path) -> None:
    own = pipeline.load(place.root / spoilt.TRAINING)
    found = pipeline.load(spoilt.write(place.root, tmp_path / "spoilt"))
    assert set(found.order) == {*own.order, "turn"}
    assert found.steps["turn"].needs == {"split"}
    assert found.steps["train"].needs == {"turn"}
    others = [name for name in own.order if name != "train"]
    assert [found.steps[name].needs for name in others] == [own.steps[name].needs for name in others]
    assert made.git(place.root, "status", "--porcelain") == "", "nothing of it is written into the repo"
