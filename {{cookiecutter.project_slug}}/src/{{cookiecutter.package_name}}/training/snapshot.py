"""Step `ingest`: gather what is new, then freeze what is landed. The snapshot's name is the digest of its data."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from ..clock import Clock
from ..data import disk, ingest, landed, manifest
from ..data.manifest import Manifest
from ..errors import DataError
from ..model import handoff
from ..model.frame import MANIFEST
from ..model.project import Project

FACTS = "snapshot.json"


@dataclass(frozen=True)
class Snapshot:
    """Landed rows in one state. `batch` is the first commit that had this state; `files` are path -> sha256."""

    state: str
    batch: str
    rows: int
    files: dict[str, str]
    held: int = 0


def gather(project: Project, root: Path, out: Path, clock: Clock, base: Path = Path()) -> tuple[Snapshot, str]:
    """Ingest into `root`, then freeze it in `out`. Gives the snapshot and what the ingest had to say."""
    done = ingest.run(project, root, base=base, clock=clock)
    return freeze(root, manifest.load(root), out), done.sentence()


def freeze(root: Path, found: Manifest, out: Path) -> Snapshot:
    """Put the files of a state into `out` (as links where the disk can) with a manifest of their own.

    What is written depends on the state alone, so that an unchanged state gives an unchanged snapshot.
    Raises `DataError` where a landed file is not the one that the manifest names.
    """
    if not found.files:
        raise DataError(f"{root} holds no landed rows", fix="look at `mlops data status` and `mlops quarantine list`")
    for file in found.files:
        link(root / file.path, out / file.path, file.sha256)
    plain = Manifest(
        number=int(earliest(root, found)),
        state=found.state,
        partition=found.partition,
        columns=found.columns,
        identity=found.identity,
        files=found.files,
    )
    disk.write(out / MANIFEST, manifest.encode(plain.model_dump(mode="json")))
    made = Snapshot(
        found.state,
        f"{plain.number:06d}",
        found.rows,
        {file.path: file.sha256 for file in found.files},
        len(found.held()),
    )
    handoff.write_json(out / FACTS, {**asdict(made), "held": 0})
    return made


def link(source: Path, target: Path, sha256: str) -> None:
    """The same file under another name. Raises `DataError` where it is gone or is not what was landed."""
    fix = "restore it, or `mlops ingest --rebuild`"
    if not source.is_file():
        raise DataError(f"{source} is gone, and the manifest lists it", fix=fix)
    if disk.sha256(source) != sha256:
        raise DataError(f"{source} is not what was landed: its checksum differs from the manifest's", fix=fix)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(source, target)


def earliest(root: Path, found: Manifest) -> str:
    """The first of the latest commits that had the state which is landed now."""
    first = f"{found.number:06d}"
    for path in sorted((root / manifest.HISTORY).glob("*.json"), reverse=True):
        if path.stem > first:
            continue
        if handoff.read_json(path)["state"] != found.state:
            break
        first = path.stem
    return first


def again(root: Path, facts: Snapshot, out: Path, spare: Path) -> Snapshot:
    """Freeze a past state as it was recorded; from `spare`, the run's own snapshot, where landed files are gone by now.

    Raises `DataError` where they are gone from both, or are others.
    """
    if all((root / path).is_file() for path in facts.files):
        past = manifest.load(root).having(files=tuple(landed.past(root, facts.batch)), state=facts.state)
    else:
        root, past = spare, manifest.load(spare)
    if {file.path: file.sha256 for file in past.files} != facts.files:
        wrong = f"the state {facts.state[:12]} of batch {facts.batch} is no longer in {root}"
        raise DataError(wrong, fix="restore the files from a backup: what was recorded cannot be had from here")
    return freeze(root, past.having(number=int(facts.batch)), out)


def read(folder: Path) -> Snapshot:
    """The facts of a snapshot in `folder`."""
    return Snapshot(**handoff.read_json(folder / FACTS))
