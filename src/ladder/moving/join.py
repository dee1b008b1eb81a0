"""TOML that both sides changed and that fits together: a merge by lines holds where the merged data agrees."""

from __future__ import annotations

import tomllib
from difflib import SequenceMatcher
from typing import Any

from . import trees
from .git import Git
from .merge import Stages
from .trees import Entries

ABSENT: Any = object()


class ClashError(Exception):
    """Both sides changed one value, to two that cannot both stand."""


def settle(git: Git, base: Entries, theirs: Entries, stages: Stages) -> list[str]:
    """Join the conflicted TOML files that can be joined; gives their paths.

    Their base becomes what stands in the repo, and the level's side the joined text, so that a merge takes it as it is.
    """
    joined = []
    for path, of in stages.items():
        if path.endswith(".toml") and set(of) == {1, 2, 3} and path in base and path in theirs:
            text = fitted(*(git.raw("cat-file", "blob", of[stage][1]) for stage in (1, 2, 3)))
            if text is not None:
                base[path], theirs[path] = of[2], (of[2][0], trees.blob(git, text.encode())[1])
                joined.append(path)
    return joined


def fitted(*sides: bytes) -> str | None:
    """From base, ours and theirs a text with both changes, whose data is the merge of theirs; None if there is none."""
    try:
        base, ours, theirs = (side.decode() for side in sides)
        wanted = merged(*(tomllib.loads(text) for text in (base, ours, theirs)))
        for first, second in ((ours, theirs), (theirs, ours)):
            text = by_lines(base, first, second)
            if alike(tomllib.loads(text), wanted):
                return text
    except (ClashError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        pass
    return None


def merged(base: Any, ours: Any, theirs: Any) -> Any:
    """Three-way merge of TOML data. Lists take what each side added and lose what either removed."""
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    sides = (base, ours, theirs)
    if all(isinstance(side, dict) for side in (ours, theirs)):
        under = base if isinstance(base, dict) else {}
        names = dict.fromkeys([*ours, *theirs])
        found = {n: merged(under.get(n, ABSENT), ours.get(n, ABSENT), theirs.get(n, ABSENT)) for n in names}
        return {name: value for name, value in found.items() if value is not ABSENT}
    if all(isinstance(side, list) for side in sides):
        kept = [item for item in ours if item in theirs or item not in base]
        return kept + [item for item in theirs if item not in base and item not in ours]
    raise ClashError


def alike(one: Any, other: Any) -> bool:
    """The same data, whatever the order in lists."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(repr, one)) == sorted(map(repr, other))
    return bool(one == other)


Edit = tuple[int, int, list[str]]  # the lines of the base from, to (exclusive), and what stands there instead


def by_lines(base: str, first: str, second: str) -> str:
    """Both sides' edits in one text: neighbours need not touch, and of two insertions at one place `first` leads.

    Raises `ClashError` where both edit the same line.
    """
    lines = base.splitlines(keepends=True)
    one, other = (edits(lines, text.splitlines(keepends=True)) for text in (first, second))
    if any(crossing(mine, yours) for mine in one for yours in other):
        raise ClashError
    both = one + [edit for edit in other if edit not in one]
    found, at = [], 0
    for start, end, instead in sorted(both, key=lambda edit: edit[:2]):  # stable: `first` leads
        found += [*lines[at:start], *instead]
        at = end
    return "".join([*found, *lines[at:]])


def edits(old: list[str], new: list[str]) -> list[Edit]:
    """What turns `old` into `new`; lines that were changed one for one are edits of their own."""
    found: list[Edit] = []
    for kind, start, end, left, right in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "replace" and end - start == right - left:
            found += [(start + at, start + at + 1, [new[left + at]]) for at in range(end - start)]
        elif kind != "equal":
            found.append((start, end, new[left:right]))
    return found


def crossing(one: Edit, other: Edit) -> bool:
    """Do two edits need the same line, or does one insert amid lines that the other takes away?"""
    if one == other:
        return False
    return one[0] < other[1] and other[0] < one[1]
