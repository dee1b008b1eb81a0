"""`ladder levels`: the table of levels, as the template's own `levels.toml` has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from . import template


def lines() -> Iterator[str]:
    """One line a level: its number, its title, and the layers of code that it adds."""
    rows = template.table()
    width = max(len(row["title"]) for row in rows)
    for row in rows:
        yield f"{row['number']}  {row['title']:{width}}  {' '.join(layers(row['paths']))}"


def layers(paths: list[str]) -> list[str]:
    """The names of the folders that a level adds to the package."""
    inside = [PurePosixPath(path) for path in paths if path.startswith("src/")]
    return [f"{path.name}/" for path in inside if not path.suffix]
