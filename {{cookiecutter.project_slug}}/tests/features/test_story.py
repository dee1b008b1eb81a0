"""The chapters of the demo: told on real parts, and none of them can be told where what it promises does not hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.features import definitions, leak, materialise, publish, skew, story
from {{cookiecutter.package_name}}.story import Stage
from {{cookiecutter.package_name}}.workspace import NAME

from . import world


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A repo with landed trips."""
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.setattr(definitions, "feature_sets", world.sets)
    (tmp_path / "project.toml").write_text(world.TOML, encoding="utf-8")
    world.land(tmp_path / "data" / "landed", world.trips(500))
    return Stage(tmp_path, 500, world.clock())


def test_the_chapters_are_told_one_after_another(stage: Stage) -> None:
    told = [chapter.tell(stage) for chapter in story.CHAPTERS]
    filled, planted, agreed = (it.figures for it in told)
    assert filled["intervals computed"] == 8
    assert filled["computed by a second run"] == 0
    assert filled["entities online"] == 4
    assert told[0].pictures[0].read_bytes()[:4] == b"\x89PNG"
    assert planted["findings, right join"] == 0
    assert planted["findings, one row of the future planted"] == 1
    assert int(planted["findings, delay forgotten (the first ten are told)"]) > 1
    assert (agreed["observations"], agreed["values compared"], agreed["different"]) == (30, 90, 0)


def test_told_again_it_is_the_same_story(stage: Stage) -> None:
    first, again = (story.fill(stage).figures for _ in range(2))
    assert (first["intervals computed"], again["intervals computed"]) == (8, 0)
    assert first["entities online"] == again["entities online"]


def test_a_second_run_that_computes_again_is_no_story(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(materialise.Work, "complete", lambda *_: False)
    monkeypatch.setattr(materialise.Work, "intact", lambda *_: False)
    with pytest.raises(DataError, match="a second run computed something again"):
        story.fill(stage)


def test_a_store_without_values_is_no_story(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "newest", lambda *_: [])
    with pytest.raises(DataError, match="no entity has a value"):
        story.fill(stage)


def test_a_leak_that_is_not_caught_is_no_story(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leak, "check", lambda *_: [])
    with pytest.raises(DataError, match="a join without the delay was not caught"):
        story.plant(stage)


def test_serving_that_differs_is_no_story(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    story.fill(stage)
    own = publish.newest
    monkeypatch.setattr(publish, "newest", lambda store, found, now: own(store, found, now + timedelta(hours=2)))
    with pytest.raises(DataError, match=r" in training, .* in serving"):
        story.agree(stage)
    monkeypatch.setattr(skew, "served", lambda *given: dict.fromkeys(given[2].names))
    with pytest.raises(DataError, match="in serving"):
        story.agree(stage)


def test_without_definitions_there_is_nothing_to_tell(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "feature_sets", lambda _: (world.traffic(retired=True),))
    with pytest.raises(DataError, match="defines no feature set"):
        story.fill(stage)
