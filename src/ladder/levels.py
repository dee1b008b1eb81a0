"""`ladder levels`: the table of levels, as the template's own `levels.toml` has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from textwrap import wrap

from . import template


def lines() -> Iterator[str]:
    """Each level: number, title, the layers of code that it adds; then why one goes there, and what it retires."""
    rows = template.table()
    width = max(len(row["title"]) for row in rows)
    for row in rows:
        yield f"{row['number']}  {row['title']:{width}}  {' '.join(layers(row['paths']))}"
        yield from wrap(f"why: {row['why']}", 100, initial_indent="   ", subsequent_indent="        ")
        if row.get("retires"):
            yield f"   retires: {' '.join(row['retires'])}"


def layers(paths: list[str]) -> list[str]:
    """The names of the folders that a level adds to the package."""
    inside = [PurePosixPath(path) for path in paths if path.startswith("src/")]
    return [f"{path.name}/" for path in inside if not path.suffix]
