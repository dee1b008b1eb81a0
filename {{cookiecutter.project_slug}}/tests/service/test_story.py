"""The demo's chapters show what they say, and break off where it did not happen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}} import story as stories
from {{cookiecutter.package_name}}.service import story

from . import made, test_commands


@pytest.fixture
def stage(folder: Path) -> stories.Stage:
    """A repo with a hand-off, and its model accepted."""
    (folder.parent / "project.toml").write_text(test_commands.TOML, encoding="utf-8")
    found = stories.Stage(folder.parent, 0, made.CLOCK)
    story.take_over(found)
    return found


def test_each_tampered_hand_off_is_refused_by_its_check(stage: stories.Stage) -> None:
    figures = story.refuse(stage).figures
    assert [str(figures[words]).split(":")[0] for words in story.SABOTAGES] == [
        "refused by checksums",
        "refused by sample scores",
        "refused by interface",
        "refused by sample scores",
    ]


def harmless(_: Path) -> None:
    """Tampering that changes nothing."""


def test_the_chapter_fails_where_a_tampered_hand_off_is_taken(
    stage: stories.Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoils: dict[str, Callable[[Path], None]] = {"nothing at all": harmless}
    monkeypatch.setattr(story, "SABOTAGES", spoils)
    with pytest.raises(errors.ModelError, match="was accepted"):
        story.refuse(stage)


def test_the_speed_is_measured_and_drawn(stage: stories.Stage) -> None:
    told = story.hurry(stage)
    assert float(told.figures["times as fast, 1 record"]) > 1
    assert told.pictures[0].stat().st_size > 1000


@pytest.mark.integration
def test_the_service_answers_in_a_process_of_its_own(stage: stories.Stage) -> None:
    figures = story.answer(stage).figures
    assert figures["bad requests"] == "422, 422, 422"
    assert "prediction" in json.loads(str(figures["one record"]))
