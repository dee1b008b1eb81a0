"""The commands of Level 0 as a person types them, and its part of the demo."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli, errors, story
from {{cookiecutter.package_name}}.model import frame, handoff, sample
from {{cookiecutter.package_name}}.model import story as chapters

from . import tables

REPO = Path(__file__).parents[2]


def mlops(*words: str) -> Result:
    return CliRunner().invoke(cli.main, words)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repo's root with the table of `tables` in it."""
    (tmp_path / "data").mkdir()
    frame.write(tables.rows(count=300), tmp_path / "data" / "table.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(story.__file__).parents[1]))
    return tmp_path


def test_from_a_file_to_scores(root: Path) -> None:
    steps = [
        ("data", "describe", "data/table.csv", "--target", "y", "--write"),
        ("train",),
        ("handoff", "check"),
        ("score", "data/table.csv"),
    ]
    for step in steps:
        done = mlops(*step)
        assert done.exit_code == 0, done.output
    assert len(frame.read(root / "scores.csv")) == 300


def test_describe_prints_toml_alone_on_stdout(root: Path) -> None:
    done = mlops("data", "describe", "data/table.csv", "--target", "y")
    (root / "project.toml").write_text(done.stdout, encoding="utf-8")
    assert mlops("train").exit_code == 0
    assert "row " in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train",), "project.toml does not exist"),
        (("score", "data/table.csv"), "SHA256SUMS does not exist"),
        (("handoff", "check", "nowhere"), "SHA256SUMS does not exist"),
        (("data", "describe", "nothing.csv", "--target", "y"), "is not a file"),
    ],
    ids=["no project", "no model", "no folder", "no file"],
)
def test_a_mistake_is_answered_by_two_lines_and_a_failure(root: Path, words: tuple[str, ...], said: str) -> None:
    done = mlops(*words)
    assert root.exists()
    assert done.exit_code == 1
    assert said in done.stderr
    assert "fix:" in done.stderr


def test_sample_fills_exports_and_lives_on(root: Path) -> None:
    words = ("sample", "--rows", "10000", "--weeks", "1")
    assert "exported" in mlops(*words, "--until", "2025-01-08").output
    before = len(frame.read(root / "data" / "trips.csv"))
    assert mlops(*words, "--no-export").exit_code == 0
    assert len(frame.read(root / "data" / "trips.csv")) == before
    assert mlops(*words).exit_code == 0
    assert len(frame.read(root / "data" / "trips.csv")) == 10_000
    refused = mlops(*words, "--seed", "8")
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert mlops(*words, "--seed", "8", "--force").exit_code == 0


@pytest.mark.integration
def test_the_story_of_the_sample(root: Path) -> None:
    shutil.copy(REPO / "project.toml", root)
    if sample.URL not in (root / "project.toml").read_text(encoding="utf-8"):
        pytest.skip("project.toml describes another table")
    told = [chapter.tell(story.Stage(root, 10_000)) for chapter in chapters.CHAPTERS]
    assert told[1].figures["verdict"] == "better"
    assert len(told[1].pictures) >= 3
    assert told[2].figures["model sha256"] == handoff.sha256(root / "handoff" / handoff.MODEL)
    assert told[3].figures["rows scored"] == 1000


@pytest.mark.integration
def test_the_story_of_a_table_of_ones_own_and_of_a_spoilt_folder(root: Path) -> None:
    mlops("data", "describe", "data/table.csv", "--target", "y", "--write")
    stage = story.Stage(root, 10_000)
    assert chapters.gather(stage).figures["rows"] == 300
    assert chapters.learn(stage).figures["rows"] == 300
    assert chapters.by_hand(stage).figures["rows scored"] == 300
    with (root / "handoff" / handoff.MODEL).open("ab") as file:
        file.write(b"x")
    with pytest.raises(errors.ModelError, match="checksum differs"):
        chapters.hand_over(stage)


def test_the_story_refuses_a_table_whose_features_give_the_target_away(root: Path) -> None:
    mlops("data", "describe", "data/table.csv", "--target", "y", "--write")
    text = (root / "project.toml").read_text(encoding="utf-8")
    leaky = text.replace("[columns]", "[columns]\ntwice = { kind = 'numeric' }", 1)
    (root / "project.toml").write_text(leaky, encoding="utf-8")
    rows = tables.rows(count=300)
    frame.write(rows.assign(twice=2 * rows["y"]), root / "data" / "table.csv")
    with pytest.raises(errors.MlopsError, match="twice"):
        chapters.gather(story.Stage(root, 10_000))
