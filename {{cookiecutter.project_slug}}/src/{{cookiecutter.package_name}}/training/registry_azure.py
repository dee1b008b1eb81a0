"""The model registry of Azure Machine Learning: versions and tags. It has no aliases, so a tag names the champion.

A version is one folder with the hand-off, the model in MLflow's format and the record. What the local registry has and
this one has not is a ledger: Azure's activity log tells who changed a tag, and nothing here proves it. Two who promote
at once may leave two champions, of which the newer counts.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..data import disk
from ..errors import ModelError
from . import azure, registry, versions
from .versions import CHAMPION, FOLDER, Version

YES, NO = "yes", "no"
FIX = "register through the pipeline's step `register`"


class Registered(Version):
    """A version on Azure; its files lie at `source`."""

    @property
    def handoff(self) -> str:
        """Where the hand-off lies, for a job to read."""
        return f"{self.source.rstrip('/')}/{FOLDER}"


class Registry:
    """The registry of a workspace on Azure."""

    def __init__(self, root: Path, client: Any = None) -> None:
        self.client, self.name = client or azure.connect(root), versions.name_of()

    def register(self, _: Any, tags: dict[str, str], folders: dict[str, Path]) -> Registered:
        """A version with its files and tags; the same model again gives the version that is there.

        Raises `ModelError` where a tag is missing that leads back, `AzureError` where Azure refuses.
        """
        registry.require(tags)
        before = [it for it in self.versions() if it.sha256 == tags["model_sha256"]]
        if before:
            return before[0]
        from azure.ai.ml.entities import Model

        with gathered(folders) as folder, azure.asked("register a version"):
            wanted = Model(name=self.name, path=str(folder), type="custom_model", tags={**tags, CHAMPION: NO})
            made = self.client.models.create_or_update(wanted)
        return self.get(str(made.version))

    def versions(self) -> list[Registered]:
        """All versions, oldest first."""
        from azure.core.exceptions import ResourceNotFoundError

        with azure.asked("list versions"):
            try:
                rows = list(self.client.models.list(name=self.name))
            except ResourceNotFoundError:
                return []
        return sorted((version_of(row) for row in rows), key=lambda it: int(it.number))

    def get(self, wanted: str) -> Registered:
        """A version by its number, or the champion by that word. Raises `ModelError` where there is none."""
        found = self.champion() if wanted == CHAMPION else None
        found = found or next((it for it in self.versions() if it.number == wanted), None)
        if found is None:
            there = ", ".join(it.number for it in self.versions()) or "none yet"
            raise ModelError(f"there is no version {wanted!r} of {self.name} on Azure", fix=f"there are {there}")
        return found

    def champion(self) -> Registered | None:
        """The version that is tagged so; the newest, where a promotion was broken off between two tags."""
        return next((it for it in reversed(self.versions()) if it.tags.get(CHAMPION) == YES), None)

    def promote(self, version: Registered) -> bool:
        """Make `version` the champion, and every other one not; False where nothing was to change."""
        changed = False
        for it in sorted(self.versions(), key=lambda other: other.number != version.number):  # it first: never none
            wanted = YES if it.number == version.number else NO
            if it.tags.get(CHAMPION, NO) != wanted:
                changed = True
                self.tag(it.number, {CHAMPION: wanted})
        return changed

    def tag(self, number: str, tags: dict[str, str]) -> None:
        """Change tags of a version; the others stay."""
        with azure.asked("change a tag"):
            row = self.client.models.get(self.name, version=number)
            row.tags = {**row.tags, **tags}
            self.client.models.create_or_update(row)


def version_of(row: Any) -> Registered:
    """Azure's row as ours."""
    tags = {str(name): str(text) for name, text in (row.tags or {}).items()}
    aliases = (CHAMPION,) if tags.get(CHAMPION) == YES else ()
    return Registered(str(row.name), str(row.version), str(row.path), tags, aliases)


@contextmanager
def gathered(folders: dict[str, Path]) -> Iterator[Path]:
    """All folders of a version in one, for the while, with the digest of each file."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "version"
        for name, folder in folders.items():
            shutil.copytree(folder, out / name)
        sums = {
            path.relative_to(out).as_posix(): disk.sha256(path) for path in sorted(out.rglob("*")) if path.is_file()
        }
        (out / "files.json").write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
        yield out
