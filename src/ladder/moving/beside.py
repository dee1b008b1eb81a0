"""Which of a level's files can go beside those of a repo that has its own: those for which nothing is there."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from ..errors import MoveError
from .renders import Rendered
from .repo import RECORD


@dataclass(frozen=True)
class Sorted:
    """The level's files: those to add, those that are there with the same text, those that are left out and why."""

    added: tuple[str, ...]
    same: frozenset[str]
    left_out: dict[str, str]


def sort(project: Path, rendered: Rendered, own: Set[str], same: Set[str]) -> Sorted:
    """Sort them. `own` are paths that the repo has, on disk or not, `same` those of them with the level's very text.

    Raises `MoveError` where the level's package would mix with one that is there.
    """
    added, left_out = [], {}
    listing = cache(names)
    for name in rendered.files():
        if name == RECORD or name in same:
            continue
        reason = "the repo has it, though it is not checked out" if name in own else None
        reason = there(project, name, listing) or reason
        if reason:
            left_out[name] = reason
        else:
            added.append(name)
    unmixed(project, rendered.record.answers["package_name"], left_out)
    return Sorted(tuple(added), frozenset(set(same) & set(rendered.files())), left_out)


def there(project: Path, name: str, listing: Callable[[Path], dict[str, str]]) -> str | None:
    """Why a path is taken, if it is: by a file, a file where a folder has to be, or a name that differs by case."""
    at = project
    parts = PurePosixPath(name).parts
    for depth, part in enumerate(parts):
        found = listing(at).get(part.casefold())
        if found is None:
            return None
        at = at / found
        last = depth == len(parts) - 1
        if last and found == part:
            return "yours is kept"
        if found != part:
            return f"{at.relative_to(project).as_posix()} differs from it by case alone"
        if at.is_symlink() or not at.is_dir():
            return f"{at.relative_to(project).as_posix()} is not a folder"
    return None


def names(folder: Path) -> dict[str, str]:
    """What a folder holds, by its name without case."""
    return {name.casefold(): name for name in (path.name for path in folder.iterdir())} if folder.is_dir() else {}


def unmixed(project: Path, package: str, left_out: dict[str, str]) -> None:
    """Raises `MoveError` where a package of that name is there already."""
    taken = [name for name in left_out if name.startswith(f"src/{package}/")]
    if taken or (project / package / "__init__.py").exists():
        where = f"src/{package}" if taken else package
        raise MoveError(
            f"the repo has a package {package} in {where}", fix="--package names another for the level's own"
        )
