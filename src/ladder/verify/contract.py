"""`maturity.toml`: every statement of the model, its kind, and how it is looked at."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import template
from ..errors import LadderError

FILE = "maturity.toml"
LEVELS = range(5)
LETTERS = {
    "H": "highlight",
    "T": "technology",
    "P": "people",
    "C": "creation",
    "R": "release",
    "A": "integration",
}
COLUMNS = tuple(LETTERS.values())
NEEDS = {  # kind -> the keys that it must have beside those of all; no other may be there
    "capability": ({"looked_at", "probe", "sabotage", "files"}, {"azure"}),
    "deficit": ({"cured_by"}, set()),
    "organisation": ({"looked_at"}, {"files"}),
    "neutral": ({"looked_at"}, set()),
}
ALL = {"id", "level", "column", "kind", "text"}
ID = re.compile(r"L(\d)\.([HTPCRA])(\d+)")
FIX = "correct that entry"


class ContractError(LadderError):
    """`maturity.toml` is not a contract."""


@dataclass(frozen=True)
class Statement:
    """One statement. `due` is the level from which it must hold: its own, or that which cures a deficit."""

    id: str
    level: int
    column: str
    kind: str
    text: str
    looked_at: str = ""
    probe: str = ""
    sabotage: str = ""
    azure: str = ""
    cured_by: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    due: int = 0


@dataclass(frozen=True)
class Contract:
    """All statements, in the file's order."""

    statements: tuple[Statement, ...]

    @cached_property
    def by_id(self) -> dict[str, Statement]:
        return {it.id: it for it in self.statements}

    @property
    def capabilities(self) -> tuple[Statement, ...]:
        return tuple(it for it in self.statements if it.kind == "capability")


def load(path: Path | None = None) -> Contract:
    """The contract in `path`, or that of this product. Raises `ContractError` naming the entry that is wrong."""
    found = path or template.root() / FILE
    try:
        raw = tomllib.loads(found.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"{found} is not TOML: {error}", fix="correct that line") from None
    unknown = set(raw) - {"statement"}
    if unknown:
        raise ContractError(f"{found}: {', '.join(sorted(unknown))} is no key of it", fix="it holds [[statement]] only")
    return parse(raw.get("statement", []))


def parse(rows: list[dict[str, Any]]) -> Contract:
    """The statements of parsed rows. Raises `ContractError`."""
    made: dict[str, Statement] = {}
    for row in rows:
        it = one(row)
        if it.id in made:
            raise ContractError(f"{it.id} is there twice", fix="give each statement an id of its own")
        made[it.id] = it
    return Contract(tuple(dated(it, made) for it in made.values()))


def one(row: dict[str, Any]) -> Statement:
    """A row as a statement, whose level at which it is due is not known yet."""
    name = str(row.get("id", "a statement without an id"))
    for problem in problems(row):
        raise ContractError(f"{name}: {problem}", fix=FIX)
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Statement(**given)


def problems(row: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a row."""
    kind = row.get("kind")
    if kind not in NEEDS:
        yield f"kind {kind!r} is none of {', '.join(NEEDS)}"
        return
    needed, allowed = NEEDS[kind]
    if lacking := (ALL | needed) - set(row):
        yield f"a {kind} without {', '.join(sorted(lacking))}"
    if unknown := set(row) - ALL - needed - allowed:
        yield f"{', '.join(sorted(unknown))} is no key of a {kind}"
    if empty := [key for key, value in row.items() if value in ("", [])]:
        yield f"{', '.join(empty)} is empty"
    parts = ID.fullmatch(str(row.get("id")))
    if parts is None:
        yield "an id is written L2.T1"
    elif (row.get("level"), row.get("column")) != (int(parts[1]), LETTERS[parts[2]]):
        yield f"level {row.get('level')!r} and column {row.get('column')!r} are not those of the id"
    elif row["level"] not in LEVELS:
        yield f"level {row['level']} is none of the model's"
    yield from mistyped(row)


def mistyped(row: dict[str, Any]) -> Iterator[str]:
    """Values of another type than their key has."""
    for key, value in row.items():
        if key in ("cured_by", "files"):
            fits = isinstance(value, list) and all(isinstance(it, str) for it in value)
        else:
            fits = isinstance(value, int if key == "level" else str) and not isinstance(value, bool)
        if not fits:
            yield f"{key} is {value!r}"


def dated(it: Statement, made: dict[str, Statement]) -> Statement:
    """With the level at which it is due: for a deficit that of the last of its cures."""
    due = it.level
    for cure in it.cured_by:
        if cure not in made or made[cure].kind != "capability":
            raise ContractError(f"{it.id}: cured_by names {cure}, which is no capability", fix=FIX)
        if made[cure].level <= it.level:
            raise ContractError(f"{it.id}: {cure} cures it on its own level or below", fix=FIX)
        due = max(due, made[cure].level)
    return replace(it, due=due)
