"""What was made of a reference once, in files: the next look reads no row of it and draws no replays.

A file is found by a digest of all that its content follows from: the rows' own digest, the settings that matter, the
code. Its first line is a digest of its content, so that one that was cut off or altered is made anew, not believed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ...data import disk
from ...deployment.comparison import losses
from ...model import frame
from ...workspace import Workspace
from . import calibrate, forms, shapes
from .calibrate import Key, Threshold
from .forms import Arrays
from .profile import Profile, Watched
from .rules import Rules

FORMAT = 1
FOLDER, ENDING, MOST = "kept", ".profile", 64  # files; the oldest go


@dataclass(frozen=True)
class Shelf:
    """A folder of kept files."""

    folder: Path

    def profile(self, about: Mapping[str, Any], make: Callable[[], Profile]) -> Profile:
        """The profile of rows that `about` tells apart from all others."""
        name = key(kind="profile", **about)
        content = self.read(name)
        if content is not None:
            return forms.to_profile(content)
        made = make()
        self.write(name, forms.of_profile(made))
        return made

    def thresholds(
        self, references: Sequence[Profile], windows: Sequence[Profile], rules: Rules
    ) -> Mapping[Key, Threshold]:
        """The thresholds for windows of this shape."""
        seen = [shapes.of(one, other, rules) for one, other in zip(references, windows, strict=True)]
        settings = rules.model_dump(mode="json", include={"check": True, "floors": True})
        settings["check"].pop("window")  # the shapes say how long windows are
        about = {"references": [forms.digest(it) for it in references], "shapes": [asdict(it) for it in seen]}
        name = key(kind="thresholds", settings=settings, **about)
        content = self.read(name)
        if content is not None:
            return forms.to_thresholds(content)
        made = calibrate.of_shapes(references, seen, rules)
        self.write(name, forms.of_thresholds(made))
        return made

    def read(self, name: str) -> Arrays | None:
        """What is kept under a name, where it is whole."""
        try:
            head, _, body = self.path(name).read_bytes().partition(b"\n")
        except OSError:
            return None
        return forms.unpacked(body) if head == seal(name, body) else None

    def write(self, name: str, arrays: Arrays) -> None:
        """Keep it. A disk that is full or may not be written to costs time at the next look, and no answer."""
        body = forms.packed(arrays)
        with suppress(OSError):
            disk.write(self.path(name), seal(name, body) + b"\n" + body)
            for path in sorted(self.folder.glob(f"*{ENDING}"), key=lambda it: -it.stat().st_mtime)[MOST:]:
                path.unlink()

    def path(self, name: str) -> Path:
        return self.folder / f"{name[:32]}{ENDING}"


def shelf(place: Workspace) -> Shelf:
    """Where a workspace keeps them."""
    return Shelf(place.folder / "monitor" / FOLDER)


def about(rows: str, watched: Sequence[Watched], timestamp: str, block: timedelta, **more: Any) -> dict[str, Any]:
    """What a profile follows from; `rows` is a digest of them."""
    columns = [asdict(it) for it in watched]
    return {"rows": rows, "columns": columns, "timestamp": timestamp, "block": block.total_seconds(), **more}


def of_files(path: Path) -> str:
    """The digest of a table's file, or of all files of a folder."""
    if path.is_file():
        return disk.sha256(path)
    return key(files=[[it.relative_to(path).as_posix(), disk.sha256(it)] for it in frame.files(path)])


def key(**facts: Any) -> str:
    """The digest of facts, and of the code that they were given to."""
    text = json.dumps({**facts, "code": code()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code() -> str:
    """The digest of what makes profiles and thresholds: who edits it finds nothing that was kept before."""
    found = hashlib.sha256(f"{FORMAT} numpy {np.__version__}".encode())
    for path in [*sorted(Path(__file__).parent.glob("*.py")), Path(frame.__file__), Path(losses.__file__)]:
        found.update(path.read_bytes())
    return found.hexdigest()


def seal(name: str, body: bytes) -> bytes:
    """What a whole file begins with; it knows the name, so that a file under another one is not believed either."""
    found = hashlib.sha256(name.encode())
    found.update(body)
    return found.hexdigest().encode()
