"""Words that a text must have for a pattern to fit: looking for them first spares most searches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

PLAIN = re.compile(r"[A-Za-z_]{3,}")
OPTIONAL = re.compile(r"\w(?:[?*]|\{)")
ESCAPED = re.compile(r"\\.[?*+]?")
CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\][?*+]?")


@cache
def of(pattern: str) -> tuple[str, ...]:
    """One word for each alternative, of which one must be there; empty where an alternative needs no word."""
    found = [max(words(it), key=len, default="") for it in alternatives(pattern)]
    return tuple(found) if all(found) else ()


def alternatives(pattern: str) -> Iterator[str]:
    """The parts between the `|` that stand in no group, groups left out."""
    depth, part = 0, ""
    for piece in re.findall(r"\\.|\[(?:\\.|[^\]\\])*\]|.", pattern, re.DOTALL):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth -= 1
            part += " "
        elif piece == "|" and not depth:
            yield part
            part = ""
        elif not depth:
            part += piece
    yield part


def words(part: str) -> list[str]:
    """Letters that stand for themselves."""
    return PLAIN.findall(OPTIONAL.sub(" ", ESCAPED.sub(" ", CLASS.sub(" ", part))))


def may_fit(pattern: str, text: str) -> bool:
    """Whether a search is worth it."""
    found = of(pattern)
    return not found or any(word in text for word in found)
