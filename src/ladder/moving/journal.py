"""What a move is about to do to the user's tree, written down before it does it; under `.git`, gone when it is done."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import MoveError

FORWARD, PICK = "forward", "pick"


@dataclass(frozen=True)
class Journal:
    """`forward` from the commit `head` to `goal`, or `pick` of `goal` onto it; `tree` is what comes out."""

    doing: str
    head: str
    goal: str
    tree: str


def path(home: Path) -> Path:
    """Where the journal of a work tree is."""
    return home / "ladder-journal.json"


def write(home: Path, journal: Journal) -> None:
    """Put it there as a whole, on disk before this returns."""
    beside = home / "ladder-journal.new"
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(asdict(journal), file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path(home))


def read(home: Path) -> Journal | None:
    """What a run that did not end was about to do, if there is one."""
    try:
        return Journal(**json.loads(path(home).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (json.JSONDecodeError, TypeError):
        fix = "compare git status with what you expect, delete that file, and run this again"
        raise MoveError(f"{path(home)} is damaged", fix=fix) from None


def clear(home: Path) -> None:
    """The work is done."""
    path(home).unlink(missing_ok=True)
