"""A repo as files that are read once: nothing of it is imported or run here."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from .ignore import Ignore

SKIPPED = {
    ".git", ".hg", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__", ".ipynb_checkpoints", "build",
    "dist", "mlruns", "mlartifacts", "site-packages", "workspaces", ".dvc", ".mypy_cache", ".pytest_cache",
    ".ruff_cache",
}  # fmt: skip
LARGEST = 1_000_000  # bytes: what people write is smaller
MOST = 20_000  # files
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loose(LOADER):  # type: ignore[misc]
    """YAML with tags that are not known here: their values count."""


def untagged(loader: Any, _: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


Loose.add_multi_constructor("", untagged)


class Repo:
    """The files of a folder, caches and environments left out. Links are not followed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.texts: dict[str, str] = {}
        self.parsed: dict[str, Any] = {}
        self.unread: dict[str, str] = {}  # path -> why nothing was seen in it

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Relative paths with `/`, sorted."""
        return tuple(sorted(walk(self.root)))

    def glob(self, *patterns: str) -> list[str]:
        """The files that a pattern names; `*` stands for any letters, `/` too."""
        return [name for name in self.files if any(fnmatchcase(name, it) for it in patterns)]

    def has(self, name: str) -> bool:
        return name in self.files

    def text(self, name: str) -> str:
        """The text of a file; empty where it is none, or is too large to be written by a person."""
        if name not in self.texts:
            path = self.root / name
            try:
                small = path.is_file() and path.stat().st_size <= LARGEST
                self.texts[name] = path.read_text(encoding="utf-8", errors="replace") if small else ""
                if path.is_file() and not small:
                    self.unread[name] = f"larger than {LARGEST:,} bytes"
            except OSError as error:
                self.texts[name] = ""
                self.unread[name] = str(error.strerror).lower()
        return self.texts[name]

    def toml(self, name: str) -> dict[str, Any]:
        """A TOML file; empty where it cannot be read as one."""
        return self.read(name, tomllib.loads, tomllib.TOMLDecodeError, "TOML")

    def yaml(self, name: str) -> dict[str, Any]:
        """A YAML file that holds a mapping; empty where it cannot be read as one."""
        return self.read(name, lambda text: yaml.load(text, Loose), yaml.YAMLError, "YAML")  # noqa: S506

    def read(self, name: str, how: Any, wrong: type[Exception], kind: str) -> dict[str, Any]:
        if name not in self.parsed:
            try:
                found = how(self.text(name))
            except (wrong, ValueError, RecursionError):
                found = {}
                self.unread[name] = f"no {kind}"
            self.parsed[name] = found if isinstance(found, dict) else {}
        return dict(self.parsed[name])

    @cached_property
    def tracked(self) -> tuple[str, ...]:
        """What git tracks of this folder; empty where it is not under version control."""
        command = ["git", "-C", str(self.root), "ls-files", "-z", "--", "."]
        try:
            ran = subprocess.run(command, capture_output=True, check=False, env=quiet())
        except FileNotFoundError:
            return ()
        return tuple(name for name in os.fsdecode(ran.stdout).split("\0") if name) if ran.returncode == 0 else ()

    @cached_property
    def ignore(self) -> Ignore:
        """What its .gitignore keeps out."""
        return Ignore(self.text(".gitignore"))


def quiet() -> dict[str, str]:
    """The environment without what would lead git to another repo."""
    return {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}


def walk(root: Path) -> Iterator[str]:
    """The files below `root`, at most `MOST`."""
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED and not name.endswith(".egg-info"))
        for name in names:
            count += 1
            if count > MOST:
                return
            yield Path(folder, name).relative_to(root).as_posix()
