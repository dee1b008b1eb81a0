"""Levels, rendered as the record says, each once and into a folder that goes away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .. import template
from ..errors import MoveError, RefusedError
from . import record as records
from .record import Record


@dataclass(frozen=True)
class Rendered:
    """A project as the template emits it, with its record."""

    folder: Path
    record: Record

    def files(self) -> list[str]:
        """The paths of its files, as git writes them."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())


@dataclass(frozen=True)
class Renders:
    """A folder for renders, and those that are in it."""

    folder: Path
    done: dict[tuple[tuple[str, str], ...], Rendered] = field(default_factory=dict)

    def level(self, record: Record, level: int) -> Rendered:
        """What this template emits at a level, to the record's answers."""
        key = tuple(sorted(record.at(level).items()))
        if key not in self.done:
            try:
                made = template.render(record.at(level), self.place())
            except RefusedError:
                fix = (
                    "answer as the lines above say: with the command's options, or in .ladder.json of a generated repo"
                )
                raise MoveError("the template refuses an answer", fix=fix) from None
            self.done[key] = Rendered(made, records.read(made))
        return self.done[key]

    def old(self, source: Path, record: Record) -> Rendered | None:
        """What another state of the template emits to the record's answers and level, if it can."""
        made = template.render_old(source, record.at(record.level), self.place())
        return Rendered(made, records.read(made)) if made else None

    def place(self) -> Path:
        """A new folder."""
        return Path(tempfile.mkdtemp(dir=self.folder))


@contextmanager
def temporary() -> Iterator[Renders]:
    """Renders that last as long as the command."""
    with tempfile.TemporaryDirectory(prefix="ladder-renders-", ignore_cleanup_errors=True) as folder:
        yield Renders(Path(folder))
