"""`make demo`, the first command of the README: emits, sets up, tells the story; a refusal leaves the last one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from . import emission
from .conftest import python
from .emission import REPO


def demo(out: Path, *words: str) -> CompletedProcess[str]:
    """Run it with the environment of the tests, into `out`."""
    venv = Path(sys.prefix)
    return emission.run("make", f"--assume-old={venv}/.ready", "demo", f"VENV={venv}", f"OUT={out}", *words, cwd=REPO)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("demo") / "level-0"
    ran = demo(out, "LEVEL=0", "ROWS=10000")
    assert ran.returncode == 0, ran.stdout
    return out, ran.stdout


def test_it_leaves_a_report_and_figures_and_says_where(told: tuple[Path, str]) -> None:
    out, said = told
    summary = json.loads((out / "reports" / "summary.json").read_text(encoding="utf-8"))
    assert summary["level"] == 0
    assert {chapter["layer"] for chapter in summary["chapters"]} == {"model"}
    assert "<html" in (out / "reports" / "index.html").read_text(encoding="utf-8")
    assert f"{out}/reports/index.html" in said


def test_it_makes_the_project_s_own_environment(told: tuple[Path, str]) -> None:
    out, _ = told
    where = emission.done(python(out), "-c", "import level_0; print(level_0.__file__)", cwd=out)
    assert Path(where.strip()).is_relative_to(out)


REFUSED = {
    "a level that is none": (["LEVEL=7"], "4 Full MLOps automated operations"),
    "a table that is not there": (["LEVEL=0", "DATA=no-such.csv", "TARGET=y"], "no-such.csv"),
    "a table without its target": (["LEVEL=0", "DATA=README.md"], "--target"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_fails_and_leaves_the_last_demo(told: tuple[Path, str], words: list[str], said: str) -> None:
    out, _ = told
    before = emission.files(out / "reports")
    ran = demo(out, *words)
    assert ran.returncode != 0
    assert said in ran.stdout
    assert emission.files(out / "reports") == before
    assert sorted(path.name for path in out.parent.iterdir()) == ["level-0"]
