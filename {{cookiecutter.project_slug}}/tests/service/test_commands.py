"""The commands parse, call and say what happened."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.model import handoff

from . import made

TOML = """
[source]
folder = "data"
[table]
path = "data/table.csv"
timestamp = "at"
target = "y"
[columns]
size = { kind = "numeric", min = 0 }
warm = { kind = "numeric", nullable = true }
place = { kind = "categorical", nullable = true }
zone = { kind = "categorical" }
open = { kind = "boolean" }
[features]
calendar = ["hour", "weekday"]
[training]
task = "regression"
seed = 3
[metric]
name = "mae"
direction = "lower"
"""


@pytest.fixture
def repo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repo with a hand-off folder; commands run in it."""
    (folder.parent / "project.toml").write_text(TOML, encoding="utf-8")
    monkeypatch.chdir(folder.parent)
    return folder.parent


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, list(arguments))


def test_accept_says_each_check_and_models_lists_the_served_one(repo: Path) -> None:
    digest = handoff.sha256(repo / "handoff" / handoff.MODEL)[:12]
    done = run("accept", "handoff", "--by", "Ada", "--reason", "first")
    assert done.exit_code == 0, done.output
    assert "sample scores passed" in done.output
    assert f"{digest} is the one that is served now" in done.output
    assert "was accepted before" in run("accept", "handoff").output
    assert f"* {digest}" in run("models").output


def test_a_refusal_ends_with_1_and_names_each_failed_check(repo: Path) -> None:
    made.constant(repo / "handoff")
    (repo / "handoff" / handoff.CARD).unlink()
    done = run("accept", "handoff")
    assert done.exit_code == 1
    assert "checksums FAILED" in done.stderr
    assert "fix:" in done.stderr
    assert "holds no accepted model" in run("models").output


def test_nothing_accepted_is_nothing_to_serve(repo: Path) -> None:
    shutil.rmtree(repo / "models", ignore_errors=True)
    done = run("serve", "--port", "0")
    assert done.exit_code == 1
    assert "mlops accept" in done.stderr


def test_an_open_address_is_refused_before_anything_is_loaded(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLOPS_API_KEY", raising=False)
    done = run("serve", "--host", "0.0.0.0", "--models", str(repo / "nothing"))  # noqa: S104
    assert done.exit_code == 1
    assert "MLOPS_API_KEY" in done.stderr
