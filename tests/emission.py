"""Emit projects for the tests: from the template, or from a copy of it that a test has broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from uv import find_uv_bin

from ladder.template import PROJECT

REPO = Path(__file__).parent.parent
PACKAGE = "{{cookiecutter.package_name}}"
LEVELS = range(5)
PROVIDERS: list[str] = json.loads((REPO / "cookiecutter.json").read_text(encoding="utf-8"))["_ci_providers"]
CACHES = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
UV = find_uv_bin()  # not `python -m uv`, which installs into the environment of that Python
UNFINISHED = "HOOKS-DID-NOT-RUN.md"
GENERATOR = ("cookiecutter.json", "hooks", "maturity.toml", PROJECT)


def run(*command: object, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; what it printed, on both streams, is in `stdout`."""
    words = [str(word) for word in command]
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    where = {
        "OMP_NUM_THREADS": "1",
        **os.environ,
        "NO_COLOR": "1",
        **(env or {}),
    }  # threads fight where tests share cores
    return subprocess.run(words, cwd=cwd, env=where, encoding="utf-8", check=False, **both)  # type: ignore[call-overload,no-any-return]


def done(*command: object, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What a program printed. Fails where it did."""
    ran = run(*command, cwd=cwd, env=env)
    assert ran.returncode == 0, f"{' '.join(map(str, command))} in {cwd}: exit {ran.returncode}\n{ran.stdout}"
    return ran.stdout


def cookiecutter(
    into: Path, *words: str, repo: Path = REPO, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The `cookiecutter` command, with no configuration of the person who runs the tests."""
    home = into / ".home"  # cookiecutter keeps its replays there
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.yml").write_text(f"replay_dir: {json.dumps(str(home))}\n", encoding="utf-8")
    config = ("--config-file", home / "config.yml")
    command = (sys.executable, "-m", "cookiecutter", repo, "-o", into, "--no-input", *config, *words)
    return run(*command, cwd=into, env=env)


def files(root: Path) -> dict[str, bytes]:
    """Every file below `root` by its path, caches left out."""
    found = [path for path in root.rglob("*") if path.is_file() and not CACHES & set(path.parts)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(found)}


def copy_of_generator(folder: Path) -> Path:
    """The generator, copied into `folder` to be broken there."""
    folder.mkdir(parents=True)
    for name in GENERATOR:
        source = REPO / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns(*CACHES))
        else:
            shutil.copy(source, folder / name)
    return folder


def replace(path: Path, old: str, new: str) -> None:
    """Break a file. Fails where `old` is not in it, so that no sabotage is empty."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")


def table(repo: Path = REPO) -> dict[str, Any]:
    """`levels.toml` of the template, package name unrendered."""
    return tomllib.loads((repo / PROJECT / "levels.toml").read_text(encoding="utf-8"))


def claims(repo: Path = REPO) -> list[tuple[int, str, str]]:
    """(level, CI provider or nothing, path) of everything that `levels.toml` claims."""
    return [
        (row["number"], provider, path)
        for row in table(repo)["level"]
        for provider, paths in {"": row["paths"], **row.get("ci", {})}.items()
        for path in paths
    ]
