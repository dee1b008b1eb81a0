"""`.ladder.json`: what was emitted into a repo. Each move replaces it; people read it and leave it alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import template
from ..errors import MoveError
from .repo import RECORD

MEND = f"git log -- {RECORD} has it as it was; restore it from there"


@dataclass(frozen=True)
class Record:
    """An emission: its level, the answers, the template's version, the git id of what was emitted.

    `left_out` are paths that an adopted repo had before: the level's own text never came there, and never will.
    """

    level: int
    answers: dict[str, str]
    version: str
    tree: str
    left_out: tuple[str, ...] = ()

    def text(self) -> str:
        """The file, as the template's hook writes it, and what it does not know of."""
        content: dict[str, Any] = {
            "answers": self.answers,
            "level": self.level,
            "template_version": self.version,
            "tree": self.tree,
        }
        if self.left_out:
            content["left_out"] = list(self.left_out)
        return json.dumps(content, indent=2) + "\n"

    def at(self, level: int) -> dict[str, str]:
        """The answers that emit another level of the same project."""
        return {**self.answers, "maturity_level": str(level)}


def parse(text: str) -> Record:
    """The record in a file's text. Raises `MoveError` where it is damaged."""
    try:
        content = json.loads(text)
        if content["level"] is None:
            raise MoveError("this repo was generated without its hooks", fix="read HOOKS-DID-NOT-RUN.md")
        answers = {str(name): str(answer) for name, answer in content["answers"].items()}
        level, version, tree = int(content["level"]), str(content["template_version"]), str(content["tree"])
        return Record(level, answers, version, tree, tuple(map(str, content.get("left_out", []))))
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise MoveError(f"{RECORD} is damaged: {type(error).__name__} {error}", fix=MEND) from None


def read(project: Path) -> Record:
    """The record that lies in a folder."""
    return parse((project / RECORD).read_text(encoding="utf-8", errors="replace"))


def known_level(level: int) -> int:
    """The level, if the template has it."""
    numbers = [row["number"] for row in template.table()]
    if level not in numbers:
        raise MoveError(f"there is no level {level}", fix=f"name one of {', '.join(map(str, numbers))}")
    return level


def not_newer(record: Record) -> None:
    """Raises `MoveError` where the repo comes from a template newer than the one that this tool brings."""
    mine = template.version()
    if numbers(record.version) > numbers(mine):
        fix = f"install mlops-ladder {record.version} or newer"
        raise MoveError(f"this repo was made by template {record.version}, and this tool brings {mine}", fix=fix)


def numbers(version: str) -> list[int]:
    """A version to compare by; what is no number counts as 0."""
    return [int(part) if part.isdecimal() else 0 for part in version.split(".")]
