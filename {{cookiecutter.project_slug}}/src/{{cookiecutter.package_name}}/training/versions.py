"""Registered versions: what each says of itself, and its files, which are checked on the way out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException

from .. import layers
from ..clock import Clock
from ..errors import ModelError
from ..model import handoff
from ..workspace import Workspace
from . import mlflows

CHAMPION, CANDIDATE = "champion", "candidate"
LEFT_OUT = "left out"  # of the comparison, by `--input champion=none`, though there was a champion
FOLDER, MODEL, RECORDS, RECORD = "handoff", "model", "record", "record.json"
# folder of a version -> (its file that is checked, the tag with that file's sha256)
CHECKED = {
    MODEL: (handoff.MODEL, "model_sha256"),
    FOLDER: (handoff.SUMS, "handoff_sha256"),
    RECORDS: (RECORD, "record_sha256"),
}


@dataclass(frozen=True)
class Version:
    """A registered model: where its files are and what it says of itself."""

    name: str
    number: str
    source: str
    tags: dict[str, str]
    aliases: tuple[str, ...] = field(default=())

    @property
    def sha256(self) -> str:
        return self.tags.get("model_sha256", "")

    @property
    def marks(self) -> list[str]:
        """What somebody allowed: each is a reason to look twice."""
        told = {"uncommitted": "code not committed", "unlocked": "libraries not locked"}
        out = [text for name, text in told.items() if self.tags.get(name) != "0"]
        return [*out, "champion left out"] if self.tags.get("champion") == LEFT_OUT else out


def name_of() -> str:
    """The registered model's name: the package's, as MLflow and Azure both take it."""
    return layers.PACKAGE.replace("_", "-")


class Versions:
    """The versions of a workspace, to look at."""

    def __init__(self, place: Workspace, clock: Clock) -> None:
        self.place, self.clock, self.name = place, clock, name_of()
        self.client: Any = mlflows.client(place)

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        with mlflows.asked("list versions"):
            found = self.client.search_model_versions(f"name = '{self.name}'")
        aliases = self.aliases()
        made = [self.version_of(row, aliases) for row in found]
        return sorted(made, key=lambda it: int(it.number))

    def version_of(self, row: Any, aliases: dict[str, str]) -> Version:
        mine = tuple(sorted(alias for alias, number in aliases.items() if number == str(row.version)))
        return Version(self.name, str(row.version), str(row.source), dict(row.tags), mine)

    def models(self) -> list[Any]:
        """The registered model, where it is there."""
        with mlflows.asked("look up the model"):
            return list(self.client.search_registered_models(f"name = '{self.name}'"))

    def aliases(self) -> dict[str, str]:
        """Alias -> version, as MLflow has it now."""
        return {str(alias): str(number) for it in self.models() for alias, number in dict(it.aliases).items()}

    def get(self, wanted: str) -> Version:
        """A version by number or alias. Raises `ModelError` naming those that there are."""
        known = self.versions()
        for it in known:
            if wanted in (it.number, f"v{it.number}", *it.aliases, f"{it.name}:{it.number}"):
                return it
        there = ", ".join([it.number for it in known] + sorted(self.aliases())) or "none"
        raise ModelError(f"{self.name} has no version {wanted!r}", fix=f"there are: {there}; or `mlops pipeline run`")

    def champion(self) -> Version | None:
        """The model to beat: the one that is released."""
        return next((it for it in self.versions() if CHAMPION in it.aliases), None)

    @contextmanager
    def files(self, version: Version, name: str = FOLDER) -> Iterator[Path]:
        """A copy of a version's folder `name`. Raises `ModelError` where it is not what was registered."""
        from mlflow.artifacts import download_artifacts

        with tempfile.TemporaryDirectory() as scratch:
            base = version.source.rpartition("/")[0]
            try:
                with mlflows.SPENT.timed():
                    uri = self.place.tracking_uri
                    found = Path(download_artifacts(f"{base}/{name}", dst_path=scratch, tracking_uri=uri))
            except (OSError, MlflowException) as error:
                fix = "restore the artifacts of the workspace, or train again"
                raise ModelError(f"the files of version {version.number} cannot be had: {error}", fix=fix) from None
            if name in CHECKED:
                check(found, version, *CHECKED[name])
            if name == FOLDER:
                handoff.verify(found)
                check(found, version, *CHECKED[MODEL])
            yield found


def check(folder: Path, version: Version, name: str, tag: str) -> None:
    """Raises `ModelError` where the file `name` is not the one whose digest the version's `tag` has."""
    path, wanted = folder / name, version.tags.get(tag, "")
    digest = handoff.sha256(path) if path.is_file() else "no file"
    if digest != wanted:
        wrong = f"{name} of version {version.number} is {digest[:12]}, registered was {wanted[:12] or 'none'}"
        raise ModelError(wrong, fix="its artifact was altered: do not use it; train again")
