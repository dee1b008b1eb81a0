"""Each emitted level in an environment made by its own Makefile: what it installs, and that it is sound."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from ladder import template
from ladder.template import PROJECT

from .conftest import Baked, Rendered, python
from .emission import LEVELS, UV, done, run


def halves(*quick: int) -> list[Any]:
    """Every level; those that are not `quick` in the slow half."""
    return [pytest.param(level, marks=[] if level in quick else pytest.mark.slow) for level in LEVELS]


HALVES = halves(0, 1, 4)
SUITES = halves(0, 2)  # Level 2's holds all of Level 1's
TOOLS = ("mypy", "pandas-stubs", "pytest", "ruff")  # Level 0 has none of its own, and is checked all the same
NO_TESTS = 5  # pytest's own exit code for it


def installed(project: Path) -> set[str]:
    """The distributions in a project's environment, by their normal names."""
    listed = done(
        sys.executable, "-m", "uv", "pip", "list", "--format", "json", "--python", python(project), cwd=project
    )
    return {normal(row["name"]) for row in json.loads(listed)}


def normal(requirement: str) -> str:
    """`Great_Expectations>=1.6` -> `great-expectations`."""
    return re.split(r"[\[><=~! ;]", requirement)[0].lower().replace("_", "-").replace(".", "-")


def asked(project: Path) -> set[str]:
    """The distributions that a project's pyproject names, in any extra or group."""
    text = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [text["project"]["dependencies"], *text["project"]["optional-dependencies"].values()]
    lists += text["dependency-groups"].values()
    return {normal(requirement) for names in lists for requirement in names} - {text["project"]["name"]}


def foreign(project: Path, there: set[str], folder: Path) -> set[str]:
    """Of the distributions that are `there`: those that only a higher level asks for. Renders those into `folder`."""
    level, found = json.loads((project / ".ladder.json").read_text(encoding="utf-8"))["level"], set()
    for higher in LEVELS[level + 1 :]:
        (folder / str(higher)).mkdir()
        above = template.render({"maturity_level": str(higher)}, folder / str(higher))
        found |= there & (asked(above) - asked(project))
    return found


@pytest.mark.parametrize("level", HALVES)
def test_a_level_installs_what_it_asks_for_and_nothing_of_those_above(baked: Baked, tmp_path: Path, level: int) -> None:
    there = installed(baked(level))
    assert asked(baked(level)) <= there
    found = foreign(baked(level), there, tmp_path)
    assert {name for name in found if not needed(baked(level), name)} == set()


def needed(project: Path, name: str) -> bool:
    """Whether another package that is installed requires `name`: what fastapi brings is no sign of a higher level."""
    told = done(sys.executable, "-m", "uv", "pip", "show", "--python", python(project), name, cwd=project)
    (line,) = re.findall(r"^Required-by:(.*)$", told, re.MULTILINE)
    by_name = {normal(it.strip()) for it in line.split(",") if it.strip()} - {project.name}
    return bool(by_name) or name in brought(project)


def brought(project: Path) -> set[str]:
    """What comes with an extra of something that the project asks for, such as `uvicorn[standard]`."""
    text = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [Requirement(it) for names in text["project"]["optional-dependencies"].values() for it in names]
    found: set[str] = set()
    for it in wanted:
        if it.extras and it.name != text["project"]["name"]:
            script = f"import importlib.metadata as m; print(*m.requires({it.name!r}) or [], sep='\\n')"
            given = [Requirement(line) for line in done(python(project), "-c", script, cwd=project).splitlines()]
            found |= {
                normal(each.name)
                for each in given
                for extra in it.extras
                if each.marker and "extra" in str(each.marker) and each.marker.evaluate({"extra": extra})
            }
    return found


@pytest.mark.parametrize("level", [0])
def test_what_another_package_requires_is_told_from_what_nobody_does(baked: Baked, level: int) -> None:
    assert needed(baked(level), "packaging")
    assert not needed(baked(level), "matplotlib")


@pytest.mark.parametrize("level", [1])
def test_what_an_extra_of_another_package_brings_is_told_too(baked: Baked, level: int) -> None:
    assert {"uvloop", "httptools"} <= brought(baked(level))
    assert not {"fastapi", "great-expectations"} & brought(baked(level))


def test_a_package_of_a_higher_level_is_seen(tmp_path: Path) -> None:
    (tmp_path / "rendered").mkdir()
    project = template.render({}, tmp_path)
    assert foreign(project, {"pandas", "fastapi"}, tmp_path / "rendered") == {"fastapi"}


def strangers(project: Path) -> set[str]:
    """Extras that are not named as a layer of this level; at Level 0 also tools, for it has none."""
    text = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    layers = {path.name for path in (project / "src").glob("*/*/")} | {"all", "notebook"}
    layers |= {"azure"} if "training" in layers else set()  # where the pipelines may be submitted to
    tools = set(text["dependency-groups"]["dev"]) if not (project / "tests").exists() else set()
    return set(text["project"]["optional-dependencies"]) - layers | tools


@pytest.mark.parametrize("level", LEVELS)
def test_extras_are_named_as_the_layers_that_are_there(rendered: Rendered, level: int) -> None:
    assert strangers(rendered(level)) == set()


def test_an_extra_or_a_tool_that_comes_too_early_is_seen(broken: Path, tmp_path: Path) -> None:
    pyproject = broken / PROJECT / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(
        text.replace("maturity_level|int >= 1", "maturity_level|int >= 0"), encoding="utf-8", newline="\n"
    )
    seen = strangers(template.render({}, tmp_path))
    assert {"data", "service"} < seen
    assert any(tool.startswith("pytest") for tool in seen)


@pytest.mark.parametrize("level", [0])
def test_level_0_has_neither_tests_nor_tools(baked: Baked, level: int) -> None:
    assert installed(baked(level)).isdisjoint({"pytest", "ruff", "mypy", "great-expectations", "fastapi", "uvicorn"})
    assert not (baked(level) / "tests").exists()


@pytest.fixture(scope="session")
def checked(baked: Baked) -> Baked:
    """`checked(level)`: a baked level with the tools to check it; those of Level 0 go into a folder of their own."""

    @cache
    def check(level: int) -> Path:
        project = baked(level)
        if level == 0:
            tools = project.parent / "tools"
            done(UV, "pip", "install", "--quiet", "--target", tools, *TOOLS, cwd=project)
        return project

    return check


def tool(project: Path, name: str, *words: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a Python tool in a project's own environment."""
    found = {"PYTHONPATH": str(project.parent / "tools")} if (project.parent / "tools").exists() else {}
    ran = run(python(project), "-m", name, *words, cwd=project, env={**found, **(env or {})})
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("level", HALVES)
def test_ruff_is_content(checked: Baked, level: int) -> None:
    for words in (("format", "--check", "."), ("check", ".")):
        code, told = tool(checked(level), "ruff", *words)
        assert code == 0, told


@pytest.mark.parametrize("level", HALVES)
def test_strict_types_hold(checked: Baked, level: int) -> None:
    code, told = tool(checked(level), "mypy")
    assert code == 0, told


@pytest.mark.parametrize("level", SUITES)
def test_its_own_tests_pass(checked: Baked, level: int) -> None:
    code, told = tool(checked(level), "pytest", "-q")
    assert code == (NO_TESTS if level == 0 else 0), told


@pytest.mark.parametrize("level", [4])  # Level 4 has all of Level 3; its whole suite is in the slow half
def test_its_own_tests_of_deployment_and_operations_pass(checked: Baked, level: int) -> None:
    code, told = tool(checked(level), "pytest", "-q", "tests/deployment", "tests/operations")
    assert code == 0, told


@pytest.mark.parametrize("level", HALVES[1:])  # that of Level 0 is told in test_demo.py
def test_its_story_is_told(baked: Baked, level: int) -> None:
    project = baked(level)
    done("make", "demo", "ROWS=10000", cwd=project)
    summary = json.loads((project / "reports" / "summary.json").read_text(encoding="utf-8"))
    assert summary["level"] == level
    assert {chapter["layer"] for chapter in summary["chapters"]} >= {"model", *(["data", "service"] if level else [])}
    assert "<html" in (project / "reports" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("level", HALVES)
def test_its_make_targets_are_all_explained(baked: Baked, level: int) -> None:
    told = done("make", "help", cwd=baked(level))
    assert {"setup", "demo", "train"} <= set(re.findall(r"^  make ([a-z-]+) ", told, re.MULTILINE))


# --- the gates above, shown a fault

FAULTS = {
    "a line that is not formatted": (0, "model/split.py", "x  =  1\n", ("ruff", "format", "--check", ".")),
    "an import that nobody uses": (0, "model/split.py", "import socket\n", ("ruff", "check", ".")),
    "a wrong type": (0, "model/split.py", 'number: int = "one"\n', ("mypy",)),
    "a behaviour that changed": (
        1,
        "model/split.py",
        "by_time = lambda frame, schema: (frame, frame)\n",
        ("pytest", "-q", "tests/model/test_split.py"),
    ),
}


@pytest.mark.parametrize(("level", "name", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_seen(
    checked: Baked, tmp_path: Path, level: int, name: str, line: str, words: tuple[str, ...]
) -> None:
    project = checked(level)
    copy = shutil.copytree(project, tmp_path / "copy", ignore=shutil.ignore_patterns(".venv", "*cache*"))
    path = next((copy / "src").iterdir()) / name
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8", newline="\n")
    search = os.pathsep.join(map(str, [copy / "src", project.parent / "tools"]))
    ran = run(python(project), "-m", *words, cwd=copy, env={"PYTHONPATH": search})
    assert ran.returncode == 1, ran.stdout
    assert name.rpartition("/")[2] in ran.stdout or "split" in ran.stdout
