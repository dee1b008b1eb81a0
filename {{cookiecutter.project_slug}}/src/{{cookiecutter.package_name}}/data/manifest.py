"""`manifest.json`: what is landed. It is swapped whole: that swap is the commit, and nothing else counts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ..errors import DataError
from ..model.frame import MANIFEST
from . import disk

FORMAT = 1
HISTORY = "manifests"  # one small file a commit: what it added and removed
RECENT = 200  # batches that the manifest itself lists; all of them are in the history
Status = Literal["held", "released", "dropped"]
By = Literal["day", "month"]
Mark = int | float | str | None


class Part(BaseModel):
    """A record of the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class File(Part):
    """One Parquet file: a whole partition. `keys` are the least and greatest of the key's first column."""

    path: str
    sha256: str
    rows: int
    start: str
    end: str
    nulls: dict[str, int]
    keys: tuple[Mark, Mark] | None = None


class Retired(Part):
    """A file that a later commit replaced; it is kept for a while, so that a past state can be read."""

    path: str
    at: str


class Taken(Part):
    """A dropped file, told by its content: how many of its rows were read, and whether that was all."""

    sha256: str
    path: str
    rows: int
    complete: bool


class Batch(Part):
    """One commit. `read` = new + changed + duplicate + quarantined."""

    id: str
    source: str
    started: str
    finished: str
    start: Mark = None
    end: Mark = None
    read: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    quarantined: int = 0
    suite: str = ""
    released_from: str | None = None


class Held(Part):
    """A batch, or a few rows of one, that did not pass. `marks`: its watermarks' span; `edge`: some rows have none."""

    source: str
    at: str
    why: tuple[str, ...]
    status: Status = "held"
    whole: bool = True
    rows: int = 0
    batch_rows: int = 0
    marks: tuple[Mark, Mark] = (None, None)
    edge: bool = False
    by: str | None = None
    reason: str | None = None
    decided: str | None = None


class Manifest(Part):
    """The state of a landed folder."""

    format: int = FORMAT
    number: int = 0
    state: str = ""
    partition: By | None = None
    columns: dict[str, str] = {}
    identity: tuple[str, ...] = ()
    watermark: Mark = None
    taken: tuple[Taken, ...] = ()
    files: tuple[File, ...] = ()
    retired: tuple[Retired, ...] = ()
    categories: dict[str, tuple[str, ...] | None] = {}
    quarantine: dict[str, Held] = {}
    batches: tuple[Batch, ...] = ()

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def next_id(self) -> str:
        return f"{self.number + 1:06d}"

    def held(self) -> dict[str, Held]:
        """What still waits in the quarantine."""
        return {name: entry for name, entry in self.quarantine.items() if entry.status == "held"}

    def having(self, **changes: Any) -> Manifest:
        """A copy with other values."""
        return self.model_copy(update=changes)


def load(root: Path, name: str = MANIFEST) -> Manifest:
    """The committed state of `root`; an empty one where nothing was committed yet."""
    path = root / name
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Manifest()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not JSON: {error}", fix="restore it, or remove it and read the source anew"
        ) from None
    if raw.get("format") != FORMAT:
        fix = f"remove it and read the source anew, in format {FORMAT}"
        raise DataError(f"{path} has format {raw.get('format')!r}", fix=fix)
    return Manifest.model_validate(raw)


def commit(root: Path, before: Manifest, after: Manifest, name: str = MANIFEST) -> Manifest:
    """Make `after` the state of `root`, and keep in its history what changed. Gives it with its state's digest."""
    files = tuple(sorted(after.files, key=lambda file: file.path))
    after = after.having(files=files, state=digest(files), batches=after.batches[-RECENT:])
    if after.number != before.number:
        disk.write(root / HISTORY / f"{after.number:06d}.json", encode(delta(before, after)))
    disk.write(root / name, encode(after.model_dump(mode="json")))
    return after


def delta(before: Manifest, after: Manifest) -> dict[str, Any]:
    """What a commit changed: enough to replay every past state from the first on."""
    had, has = {file.path for file in before.files}, {file.path for file in after.files}
    return {
        "state": after.state,
        "before": before.state,
        "batch": after.batches[-1].model_dump(mode="json"),
        "added": [file.model_dump(mode="json") for file in after.files if file.path not in had],
        "removed": sorted(had - has),
    }


def digest(files: tuple[File, ...]) -> str:
    """The name of a state: equal rows give an equal one, whenever and in however many batches they came."""
    text = "".join(f"{file.sha256}  {file.path}\n" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()


def encode(content: object) -> bytes:
    """JSON that people can read and compare."""
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
