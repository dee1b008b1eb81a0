"""Everything that a version is: its folders on disk, and one digest over every file in them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.exceptions import MlflowException

from ...data import disk
from ...errors import ModelError
from ...training import registry
from ...training.registry import RECORDS, Registry, Version

MODEL, HANDOFF, RECORD, EVALUATION, VERDICT = registry.MODEL, registry.FOLDER, RECORDS, "evaluation", "verdict"
FOLDERS = (MODEL, HANDOFF, RECORD, EVALUATION, VERDICT)  # what a run leaves of a version
ENVIRONMENT, TESTS = "environment", "tests"  # what joins them on the way


@dataclass(frozen=True)
class Package:
    """A version with a copy of its files."""

    version: Version
    folder: Path

    def __getitem__(self, name: str) -> Path:
        return self.folder / name

    def has(self, name: str) -> bool:
        return (self.folder / name).is_dir()

    @property
    def present(self) -> dict[str, Path]:
        """Those of a version's own folders that are there."""
        return {name: self.folder / name for name in FOLDERS if self.has(name)}

    @property
    def digest(self) -> str:
        """sha256 over the paths and contents of every file in a version's own folders."""
        return tree(self.present)


def tree(folders: dict[str, Path]) -> str:
    """One digest over folders; a file that was changed, added, renamed or taken out gives another."""
    total = hashlib.sha256()
    for name, folder in sorted(folders.items()):
        for path in sorted(it for it in folder.rglob("*") if it.is_file()):
            total.update(f"{disk.sha256(path)}  {name}/{path.relative_to(folder).as_posix()}\n".encode())
    return total.hexdigest()


@contextmanager
def fetched(found: Registry, version: Version) -> Iterator[Package]:
    """A copy of a version's files for the while, whatever state they are in."""
    with TemporaryDirectory(prefix="version-") as scratch:
        yield Package(version, fetch(found, version.source.rpartition("/")[0], Path(scratch)))


def fetch(found: Registry, base: str, target: Path) -> Path:
    """Copy what lies at the artifact address `base` into `target`. Raises `ModelError` where that is nothing."""
    from mlflow.artifacts import download_artifacts, list_artifacts

    address = found.place.tracking_uri
    fix = "restore the artifacts of the workspace, or train again"
    try:
        names = [
            it.path.rpartition("/")[2] for it in list_artifacts(artifact_uri=base, tracking_uri=address) if it.is_dir
        ]
        for name in {*names} & {*FOLDERS, ENVIRONMENT, TESTS}:
            download_artifacts(f"{base}/{name}", dst_path=str(target), tracking_uri=address)
    except (OSError, MlflowException) as error:
        raise ModelError(f"the files at {base} cannot be had: {error}", fix=fix) from None
    if not any((target / name).is_dir() for name in FOLDERS):
        raise ModelError(f"there is no file at {base}", fix=fix)
    return target


def joined(package: Package, lock: str, tests: Path) -> dict[str, Path]:
    """All folders that travel: the version's own, the lock of its environment, and the report of its tests."""
    target = package.folder / ENVIRONMENT
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    (target / "training.lock").write_text(lock, encoding="utf-8", newline="\n")
    return {**package.present, ENVIRONMENT: target, TESTS: tests}
