"""The `ladder` command: its table of levels, and a start that costs little."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

from . import emission
from .emission import done


def test_levels_prints_the_template_s_table(tmp_path: Path) -> None:
    told = done(sys.executable, "-m", "ladder", "levels", cwd=tmp_path).splitlines()
    lines = [line for line in told if not line.startswith(" ")]  # below each: why, and what it retires
    rows = emission.table()["level"]
    assert [(line[0], line[3:].split("  ")[0]) for line in lines] == [
        (str(row["number"]), row["title"]) for row in rows
    ]
    assert "data/ service/" in lines[1]


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys; from ladder import cli; print(sorted({'cookiecutter', 'jinja2', 'pandas'} & set(sys.modules)))"
    assert done(sys.executable, "-c", code, cwd=tmp_path).strip() == "[]"


def test_it_knows_its_version(tmp_path: Path) -> None:
    version = tomllib.loads((emission.REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert version in done(sys.executable, "-m", "ladder", "--version", cwd=tmp_path)
    questions = json.loads((emission.REPO / "cookiecutter.json").read_text(encoding="utf-8"))
    assert questions["_template_version"] == version, "template and tool share one number"
