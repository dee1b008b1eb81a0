"""What is landed, for those who read it: the rows, of now or of a past state, and figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import DataError
from ..model import frame as frames
from . import manifest as manifests
from .manifest import HISTORY, File, Manifest


@dataclass(frozen=True)
class Stats:
    """Figures of a landed folder."""

    rows: int
    files: int
    start: str
    end: str
    watermark: str
    state: str
    held: dict[str, int]


def read(root: Path, batch: str | None = None) -> pd.DataFrame:
    """All landed rows, partition by partition; with `batch`, those that were landed when that batch was committed."""
    if batch is None:
        return frames.read(root)
    paths = [root / file.path for file in past(root, batch)]
    gone = [path for path in paths if not path.exists()]
    if gone:
        wrong = f"{len(gone)} of {len(paths)} files of the state after batch {batch} are gone, such as {gone[0]}"
        raise DataError(wrong, fix="replaced files are kept for a while only: see `mlops ingest --keep`")
    if not paths:
        raise DataError(f"nothing was landed after batch {batch}", fix="name a later one")
    return pd.concat([pd.read_parquet(path, partitioning=None) for path in paths], ignore_index=True)


def past(root: Path, batch: str) -> list[File]:
    """The files of the state after `batch`, replayed from the history."""
    files: dict[str, File] = {}
    steps = sorted((root / HISTORY).glob("*.json"))
    if batch not in {path.stem for path in steps} or batch > f"{manifests.load(root).number:06d}":
        raise DataError(f"{root} has no batch {batch!r}", fix="`mlops data status` lists the latest")
    for path in steps:
        if path.stem > batch:
            break
        step = json.loads(path.read_text(encoding="utf-8"))
        if not step["before"]:
            files = {}
        files = {name: file for name, file in files.items() if name not in step["removed"]}
        files |= {row["path"]: File.model_validate(row) for row in step["added"]}
    return [files[name] for name in sorted(files)]


def stats(root: Path) -> Stats:
    """Figures from the manifest alone."""
    found = manifests.load(root)
    starts, ends = [file.start for file in found.files], [file.end for file in found.files]
    held = {name: entry.rows for name, entry in found.held().items()}
    return Stats(
        found.rows,
        len(found.files),
        min(starts, default=""),
        max(ends, default=""),
        str(found.watermark or ""),
        found.state,
        held,
    )


def verify(root: Path) -> list[str]:
    """What is wrong with the files that the manifest lists: missing, or of other content. Empty when all is well."""
    from . import disk

    found: Manifest = manifests.load(root)
    out = []
    for file in found.files:
        path = root / file.path
        if not path.exists():
            out.append(f"{file.path} is missing")
        elif disk.sha256(path) != file.sha256:
            out.append(f"{file.path} is not what was landed")
    return out
