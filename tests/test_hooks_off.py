"""Without hooks nobody selects a level's files: what is left must say so and do nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from . import emission
from .emission import UNFINISHED

NAME = "unfinished"


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("unfinished")
    words = ("--accept-hooks", "no", f"project_slug={NAME}", "maturity_level=0")
    ran = emission.cookiecutter(into, *words)
    assert ran.returncode == 0, ran.stdout
    return into / NAME


def test_the_folder_says_that_it_is_not_finished(unfinished: Path) -> None:
    assert (unfinished / "src" / NAME / "operations").is_dir(), "there is nothing to warn of any more"
    assert "not finished" in (unfinished / UNFINISHED).read_text(encoding="utf-8")
    record = json.loads((unfinished / ".ladder.json").read_text(encoding="utf-8"))
    assert (record["level"], record["tree"]) == (None, None)


@pytest.mark.parametrize("command", [("train",), ("demo",), ("sample",)], ids=lambda words: words[0])
def test_mlops_refuses_to_work(unfinished: Path, command: tuple[str]) -> None:
    ran = emission.run(sys.executable, "-m", NAME, *command, cwd=unfinished, env={"PYTHONPATH": "src"})
    assert ran.returncode == 1
    assert UNFINISHED in ran.stdout
    assert "Traceback" not in ran.stdout


def test_make_refuses_to_work(unfinished: Path) -> None:
    ran = emission.run("make", "help", cwd=unfinished)
    assert ran.returncode != 0
    assert UNFINISHED in ran.stdout


def test_a_finished_project_has_no_such_page_and_works(tmp_path: Path) -> None:
    ran = emission.cookiecutter(tmp_path, f"project_slug={NAME}", "maturity_level=0")
    assert ran.returncode == 0, ran.stdout
    made = tmp_path / NAME
    assert not (made / UNFINISHED).exists()
    assert "train" in emission.done(sys.executable, "-m", NAME, "--help", cwd=made, env={"PYTHONPATH": "src"})
    assert "make demo" in emission.done("make", "help", cwd=made)
