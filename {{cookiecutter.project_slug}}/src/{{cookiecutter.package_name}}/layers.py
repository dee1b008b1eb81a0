"""The layers that are present in this repo. To which level each belongs is said in `levels.toml` alone."""

from __future__ import annotations

import pkgutil
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

PACKAGE = __name__.rpartition(".")[0]


def present() -> list[str]:
    """The names of the folders beside this file, one a layer."""
    return [entry.name for entry in pkgutil.iter_modules([str(Path(__file__).parent)]) if entry.ispkg]


def modules(name: str) -> list[ModuleType]:
    """The module called `name` (such as `commands`) of every layer that has one."""
    found = [f"{PACKAGE}.{layer}.{name}" for layer in present()]
    return [import_module(module) for module in found if find_spec(module)]


def levels(root: Path) -> dict[str, int]:
    """Layer name -> maturity level, lowest first, as the `levels.toml` in the repo's `root` folder has it."""
    table = tomllib.loads((root / "levels.toml").read_text(encoding="utf-8"))
    prefix = f"src/{PACKAGE}/"
    named = {path: row["number"] for row in table["level"] for path in row["paths"] if path.startswith(prefix)}
    return {path.removeprefix(prefix): number for path, number in named.items() if "." not in path}
