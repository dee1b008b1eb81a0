"""`mlops workspaces diff`: two workspaces held against each other. They are one thing, but for what may differ."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from ...errors import MlopsError, ProjectError
from ...workspace import Workspace
from .declared import AZURE
from .workspaces import Place, Workspaces

INFRA = Path("azure", "infra")
ABSENT = "absent"


class DifferenceError(MlopsError):
    """Two workspaces differ in what must be equal."""


@dataclass(frozen=True)
class Difference:
    """A key in which two workspaces differ, and whether it may."""

    key: str
    left: str
    right: str
    allowed: bool


def run(found: Workspaces, left: str, right: str) -> list[Difference]:
    """All differences. Raises `ProjectError` where one of the two is not there."""
    sides = [declared(found, name) for name in (left, right)]
    if not all((found.root / INFRA / name).is_dir() for name in (left, right)):
        sides = [{key: value for key, value in side.items() if not key.startswith(AZURE)} for side in sides]
    seen = [actual(found.place(name)) for name in (left, right)]
    both = seen[0].keys() & seen[1].keys()
    keys = sorted({*sides[0], *sides[1]})
    pairs = [(key, sides[0].get(key, ABSENT), sides[1].get(key, ABSENT)) for key in keys]
    pairs += [(key, seen[0][key], seen[1][key]) for key in sorted(both)]
    allowed = found.declared.may_differ
    return [
        Difference(key, ours, theirs, any(fnmatchcase(key, pattern) for pattern in allowed))
        for key, ours, theirs in pairs
        if ours != theirs
    ]


def refuse(found: list[Difference], left: str, right: str) -> None:
    """Raises `DifferenceError` naming what differs and must not."""
    wrong = [it for it in found if not it.allowed]
    if wrong:
        lines = "".join(f"\n  {it.key}: {it.left} in {left}, {it.right} in {right}" for it in wrong)
        fix = "make them equal, or add the key to may_differ in workspaces.toml in a reviewed commit"
        raise DifferenceError(f"{left} and {right} differ in what must be equal:{lines}", fix=fix)


def declared(found: Workspaces, name: str) -> dict[str, str]:
    """What is written of a workspace: its settings, and every key of its files for Azure."""
    settings = {key: str(value) for key, value in found.settings(name).model_dump(mode="json").items()}
    for path in sorted((found.root / INFRA / name).glob("*.yml")):
        settings |= flat(read(path), f"{AZURE}{path.stem}")
    return settings


def read(path: Path) -> Any:
    """A YAML file. Raises `ProjectError` where it is none."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ProjectError(f"{path} is not YAML: {error}", fix="correct that line") from None


def flat(content: Any, prefix: str) -> dict[str, str]:
    """Every leaf by its dotted key."""
    if isinstance(content, dict):
        inner: dict[str, str] = {}
        for key, value in content.items():
            inner |= flat(value, f"{prefix}.{key}")
        return inner
    return {prefix: str(content)}


def actual(place: Place) -> dict[str, str]:
    """What is really there: the form of its databases. Raises `ProjectError` where the workspace was not made."""
    if not place.state.is_file() or (place.local and not place.database.is_file()):
        raise ProjectError(f"workspace {place.name} is not there", fix="`mlops workspaces create`")
    found = {f"state.{name}": text for name, text in tables(place).items()}
    if place.local:
        with closing(sqlite3.connect(place.database)) as connection:
            found["mlflow.schema"] = ",".join(
                row[0] for row in connection.execute("SELECT version_num FROM alembic_version")
            )
    return found


def tables(place: Workspace) -> dict[str, str]:
    """Table -> how it was made. Those of layers that ran in one workspace only are not compared."""
    with closing(sqlite3.connect(place.state)) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'trigger') AND sql NOT NULL"
        )
        return {str(name): " ".join(str(text).split()) for name, text in rows}
