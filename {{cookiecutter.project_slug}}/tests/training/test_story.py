"""The demo's chapters of training show what they say, and break off where it did not happen."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from {{cookiecutter.package_name}} import story as stories
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.training import (
    facts,
    plots,
    release,
    reproduce,
    spoilt,
    story,
    story_release,
    telling,
)
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


@pytest.fixture
def stage(place: Workspace) -> stories.Stage:
    return stories.Stage(place.root, 0)


@pytest.fixture
def told(stage: stories.Stage) -> stories.Stage:
    """The stage after its first chapter."""
    story.pipeline(stage)
    return stage


@pytest.fixture
def floored(place: Workspace, stage: stories.Stage) -> stories.Stage:
    """A stage on which the gate refuses every model."""
    with (place.root / "gate.toml").open("a", encoding="utf-8") as policy:
        policy.write("\n[floors]\nminutes = { mae = 0.0 }\n")
    return stage


def test_a_version_comes_of_the_first_chapter_with_the_figures_of_each_clause(stage: stories.Stage) -> None:
    found = story.pipeline(stage).figures
    assert found["version"] == stage.notes[telling.VERSION] == "1"
    assert str(found["gate: baseline"]).startswith("passed: gain ")
    assert str(found["gate: champion"]).startswith("does not apply: ")
    assert "marked" not in found


def test_a_version_that_is_marked_is_told_so(place: Workspace, stage: stories.Stage) -> None:
    made.replace(place.root / "project.toml", "seed = 7", "seed = 8")
    found = story.pipeline(stage)
    assert found.figures["marked"] == "code not committed"
    assert "the version is marked" in found.text


def test_a_second_run_skips(told: stories.Stage) -> None:
    found = story.again(told).figures
    assert found["steps skipped"] == "validate, features, split, train, evaluate, gate"
    assert found["version"] == "1, as before"


def test_a_second_run_that_computes_breaks_the_story_off(told: stories.Stage, place: Workspace) -> None:
    made.replace(place.root / "project.toml", "seed = 7", "seed = 8")
    with pytest.raises(ModelError, match="nothing was new, and version 2 came out"):
        story.again(told)


def test_a_model_that_learned_upside_down_is_refused(told: stories.Stage, place: Workspace) -> None:
    found = story.refused(told)
    assert "REFUSED: baseline" in found.figures
    assert found.figures["versions before and after"] == 1
    assert found.pictures[0].stat().st_size > 1000
    fact = facts.latest(place, 1)[0]
    tracked = made.registered(place).client.get_run(fact.mlflow)
    assert (tracked.info.status, tracked.data.tags["gate"]) == ("FAILED", "refused")


def test_a_bad_model_that_passes_breaks_the_story_off(told: stories.Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def unturned(labels: pd.Series) -> pd.Series:
        return labels

    monkeypatch.setattr(spoilt, "turned", unturned)
    with pytest.raises(ModelError, match="passed the gate"):
        story.refused(told)


def test_the_version_is_made_again(told: stories.Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def here(_: Path, frozen: Path, out: Path) -> None:
        reproduce.retrain(frozen, out)

    monkeypatch.setattr(reproduce, "train_in", here)
    found = story.reproduced(told).figures
    assert found["mae, recorded"] == found["mae, again"]
    assert found["largest difference"] == 0.0


def test_a_later_version_takes_over_and_makes_way(told: stories.Stage, place: Workspace) -> None:
    release.run(place, "1", told.clock)
    found = story_release.back(told).figures
    assert found["version"] == "2"
    assert "gain 0, 95 % surely above 0" in str(found["gate: champion"])
    assert list(found.values())[-2:] == ["release champion -> 2", "rollback champion -> 1"]


def test_where_the_champion_is_better_it_is_left_out_and_that_is_told(told: stories.Stage, place: Workspace) -> None:
    release.run(place, "1", told.clock)
    policy = place.root / "gate.toml"
    policy.write_text(f"{policy.read_text(encoding='utf-8')}\n[champion]\ntolerance = 0.0\n", encoding="utf-8")
    made.drop(place.root, made.rows(250, first=1000, noise=3.0))
    found = story_release.back(told).figures
    assert str(found["gate: champion"]).startswith("REFUSED: mae ")
    assert found["version"] == "2, though refused: registered with --input champion=none, and marked so"
    assert made.registered(place).get("2").marks == ["code not committed", "champion left out"]


def test_a_way_back_that_leads_elsewhere_breaks_the_story_off(
    told: stories.Stage, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    release.run(place, "1", told.clock)
    usual = release.back

    def elsewhere(*words: object, **more: object) -> release.Released:
        usual(*words, **more)  # type: ignore[arg-type]
        return release.Released("7", "", "", changed=True)

    monkeypatch.setattr(release, "back", elsewhere)
    with pytest.raises(ModelError, match="leads to 7, not to 1"):
        story_release.back(told)


def test_a_refused_model_is_told_as_such_and_ends_the_chapters_that_need_one(floored: stories.Stage) -> None:
    found = story.pipeline(floored)
    assert "nothing was registered" in found.text
    assert str(found.figures["gate: floor"]).startswith("REFUSED: mae ")
    for chapter in (story.again, story.reproduced, story_release.served, story_release.back):
        assert chapter(floored) is telling.NOTHING
    assert "REFUSED: baseline" in story.refused(floored).figures


def test_the_learning_curve_is_drawn_where_there_is_one(tmp_path: Path) -> None:
    assert plots.learning({}, tmp_path / "none.png") is None
    drawn = plots.learning({"test_mae_by_iteration": [(1, 2.0), (5, 1.5)]}, tmp_path / "deep" / "curve.png")
    assert drawn is not None
    assert drawn.stat().st_size > 1000


def test_a_gain_that_is_not_defined_is_drawn_at_nothing(tmp_path: Path) -> None:
    undefined = {"metric": "roc_auc", "gain": None, "low": None, "high": None}
    assert plots.gains({"one": undefined}, tmp_path / "gate.png").is_file()


@pytest.mark.integration
def test_the_released_version_answers_over_http(told: stories.Stage, place: Workspace) -> None:
    found = story_release.served(told).figures
    assert json.loads(str(found["answer"]))["model"] == made.registered(place).get("1").sha256
    assert "history_mean_1d" in str(found["looked up in the feature store"])
