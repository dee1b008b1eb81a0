"""House rules that a machine can hold."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ladder.template import PROJECT

from .emission import REPO

HOOKS = sorted((REPO / "hooks").glob("*.py"))
HARMLESS = {"hashlib", "json", "keyword", "pathlib", "re", "sys", "tomllib"}
ROOTS = [REPO / name for name in ("src", "hooks", "tests", "bench", PROJECT, ".ci", "Makefile")]


def modules(code: str) -> set[str]:
    """The names of the modules that `code` imports."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or ".")
    return found


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.name)
def test_hooks_are_short_and_harmless(hook: Path) -> None:
    text = hook.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 30
    assert sum("{{" in line or "{%" in line for line in text.splitlines()) <= 1
    assert modules(text) <= HARMLESS, "a hook reaches for more than files"


def test_there_are_two_hooks() -> None:
    assert [hook.name for hook in HOOKS] == ["post_gen_project.py", "pre_gen_project.py"]


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file that we wrote, but for this one, which has to name what it looks for."""
    kinds = {".py", ".mk", ".yml", ".yaml", ".toml", ".sh", ".cfg", ""}
    for root in ROOTS:
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.is_file() and path.suffix in kinds and path != Path(__file__) and "_cache" not in str(path):
                yield path, path.read_text(encoding="utf-8")


OPEN_GATE = re.compile(
    r"\|\| true\b|--exit-zero|continue-on-error: *true|continueOnError: *true|allow_failure: *true|assert True\b"
)
UNFINISHED_WORK = re.compile(r"\bTODO\b|\bFIXME\b|# type: ignore(?!\[)|# noqa(?!:)")


def said(words: re.Pattern[str], *, in_tests: bool) -> list[str]:
    """Where the words stand. Tests of gates have to name what they look for."""
    return [
        f"{path.relative_to(REPO).as_posix()}: {match[0]}"
        for path, text in texts()
        if in_tests or "tests" not in path.parts
        for match in words.finditer(text)
    ]


def test_no_gate_is_open() -> None:
    assert said(OPEN_GATE, in_tests=False) == []


def test_no_work_is_left_for_later() -> None:
    assert said(UNFINISHED_WORK, in_tests=True) == []


def swallowed(text: str) -> bool:
    """Does some `except` catch everything?"""
    handlers = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ExceptHandler)]
    named = [getattr(kind, "id", "") for handler in handlers for kind in getattr(handler.type, "elts", [handler.type])]
    return any(handler.type is None for handler in handlers) or "Exception" in named


def test_no_error_is_swallowed() -> None:
    code = [
        (path, text.replace("{{cookiecutter.package_name}}", "package"))
        for path, text in texts()
        if path.suffix == ".py"
    ]
    assert [str(path.relative_to(REPO)) for path, text in code if swallowed(text)] == []


@pytest.mark.parametrize("caught", ["except Exception:", "except:", "except (OSError, Exception):"])
def test_a_swallowed_error_is_seen(caught: str) -> None:
    assert swallowed(f"try:\n    pass\n{caught}\n    pass\n")
    assert not swallowed("try:\n    pass\nexcept OSError:\n    pass\n")


def test_modules_of_the_tool_fit_on_a_few_screens() -> None:
    for path in (REPO / "src" / "ladder").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 200, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 40, f"{path}: {node.name}"


@pytest.mark.parametrize("path", ["pyproject.toml", f"{PROJECT}/pyproject.toml"])
def test_warnings_are_errors_and_types_are_strict(path: str) -> None:
    tool = tomllib.loads((REPO / path).read_text(encoding="utf-8"))["tool"]
    assert tool["pytest"]["ini_options"]["filterwarnings"] == ["error"]
    assert tool["mypy"]["strict"] is True


def test_ci_runs_what_the_readme_says() -> None:
    script = (REPO / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert script[-1] == "exec make test"
    assert "\nmake test " in (REPO / "README.md").read_text(encoding="utf-8")
