"""The model registry: MLflow's, with what it lacks: versions that must lead back, and aliases with a history."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException

from .. import layers, workspace
from ..clock import Clock
from ..errors import ModelError
from ..events import cloud, outbox
from ..model import handoff
from ..workspace import Workspace
from . import ledger, mlflows

CHAMPION, CANDIDATE = "champion", "candidate"
TABLES = ledger.TABLES + outbox.TABLES
# what a version must say of itself, so that it can be traced and made again
NEEDED = (
    "model_sha256", "run", "commit", "code_sha256", "uncommitted", "snapshot", "batch", "environment", "gate", "seed", "metric",
)  # fmt: skip
FOLDER, MODEL = "handoff", "model"


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


def name_of() -> str:
    """The registered model's name: the package's, as MLflow and Azure both take it."""
    return layers.PACKAGE.replace("_", "-")


class Registry:
    """The registry of a workspace."""

    def __init__(self, place: Workspace, clock: Clock) -> None:
        self.place, self.clock, self.name = place, clock, name_of()
        self.client: Any = mlflows.client(place)

    # --- reading

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        try:
            found = self.client.search_model_versions(f"name = '{self.name}'")
        except MlflowException:
            return []
        aliases = self.aliases()
        made = [self.version_of(row, aliases) for row in found]
        return sorted(made, key=lambda it: int(it.number))

    def version_of(self, row: Any, aliases: dict[str, str]) -> Version:
        mine = tuple(alias for alias, number in aliases.items() if number == str(row.version))
        return Version(self.name, str(row.version), str(row.source), dict(row.tags), mine)

    def aliases(self) -> dict[str, str]:
        """Alias -> version, as MLflow has it now."""
        try:
            found = self.client.get_registered_model(self.name).aliases
        except MlflowException:
            return {}
        return {str(alias): str(number) for alias, number in dict(found).items()}

    def get(self, wanted: str) -> Version:
        """A version by number or alias. Raises `ModelError` naming those that there are."""
        known = self.versions()
        for it in known:
            if wanted in (it.number, f"v{it.number}", *it.aliases, f"{it.name}:{it.number}"):
                return it
        there = ", ".join([it.number for it in known] + sorted(self.aliases())) or "none"
        raise ModelError(f"{self.name} has no version {wanted!r}", fix=f"there are: {there}; or `mlops pipeline run`")

    def reference(self) -> Version | None:
        """The model to beat: the champion; while nothing is released, the latest that passed the gate."""
        known = {alias: it for it in self.versions() for alias in it.aliases}
        return known.get(CHAMPION) or known.get(CANDIDATE)

    @contextmanager
    def files(self, version: Version, name: str = FOLDER) -> Iterator[Path]:
        """A copy of a version's folder `name`. Raises `ModelError` where its model is not the one that was registered."""
        from mlflow.artifacts import download_artifacts

        with tempfile.TemporaryDirectory() as scratch:
            base = version.source.rpartition("/")[0]
            try:
                found = Path(download_artifacts(f"{base}/{name}", dst_path=scratch, tracking_uri=self.place.tracking_uri))
            except (OSError, MlflowException) as error:
                fix = "restore the artifacts of the workspace, or train again"
                raise ModelError(f"the files of version {version.number} cannot be had: {error}", fix=fix) from None
            if name in (FOLDER, MODEL):
                check_digest(found, version)
            yield found

    # --- writing

    def register(self, run: mlflows.Run, tags: dict[str, str], folders: dict[str, Path]) -> Version:
        """A version with its files and tags; the same model again gives the version that is there.

        Raises `ModelError` where a tag is missing that leads back.
        """
        require(tags)
        before = [it for it in self.versions() if it.sha256 == tags["model_sha256"]]
        if before:
            return self.announce(before[0])
        with run.timed():
            for name, folder in folders.items():
                run.client.log_artifacts(run.id, str(folder), name)
            self.ensure()
            source = f"{run.client.get_run(run.id).info.artifact_uri}/{MODEL}"
            row = self.client.create_model_version(self.name, source, run.id, tags=tags)
        return self.announce(self.version_of(row, {}))

    def ensure(self) -> None:
        """The registered model itself."""
        try:
            self.client.get_registered_model(self.name)
        except MlflowException:
            self.client.create_registered_model(self.name)

    def announce(self, version: Version) -> Version:
        """The ledger's entry and the event, once for a version; then the alias."""
        with self.state() as connection:
            with workspace.transaction(connection):
                if not any(it.version == version.number and it.action == "register" for it in ledger.entries(connection)):
                    self.write(connection, "register", CANDIDATE, version, by="pipeline", reason=version.tags["run"])
                    event = cloud.model_registered(
                        self.source, name=self.name, version=version.number, tags=version.tags, properties={}, at=self.clock.now()
                    )
                    outbox.add(connection, event)
            self.settle(connection)
        return self.get(version.number)

    def promote(self, version: Version, *, by: str, reason: str, action: str) -> bool:
        """Make `version` the champion, with an event that it is deployed; False where it is that already."""
        with self.state() as connection:
            with workspace.transaction(connection):
                if ledger.standing(connection, self.name).get(CHAMPION) == version.number:
                    changed = False
                else:
                    entry = self.write(connection, action, CHAMPION, version, by=by, reason=reason)
                    outbox.add(connection, self.deployed(version, entry.seq))
                    changed = True
            self.settle(connection)
        return changed

    def deployed(self, version: Version, seq: int) -> cloud.Event:
        """The event of a release; a second release of the same version is another fact, told by the ledger's number."""
        properties = {"ledger": str(seq)}
        models = [f"{self.name}:{version.number}"]
        return cloud.model_deployed(
            self.source, service=self.name, models=models, tags={}, properties=properties, at=self.clock.now()
        )

    def write(
        self, connection: sqlite3.Connection, action: str, alias: str, version: Version, *, by: str, reason: str
    ) -> ledger.Entry:
        return ledger.append(
            connection,
            at=self.clock.now(),
            by=by,
            action=action,
            model=self.name,
            alias=alias,
            version=version.number,
            sha256=version.sha256,
            reason=reason,
        )

    @contextmanager
    def state(self) -> Iterator[sqlite3.Connection]:
        """The workspace's own database."""
        with workspace.database(self.place.state, TABLES) as connection:
            yield connection

    @property
    def source(self) -> str:
        """Where our events come from."""
        return f"/workspaces/{self.place.name}"

    def settle(self, connection: sqlite3.Connection) -> None:
        """Carry out what the ledger says and a crash may have prevented."""
        for entry in ledger.waiting(connection):
            self.client.set_registered_model_alias(entry.model, entry.alias, entry.version)
            ledger.done(connection, entry)

    def history(self) -> list[ledger.Entry]:
        """The ledger, verified. Raises `ModelError` for a broken chain, or an alias that was moved without an entry."""
        with self.state() as connection:
            self.settle(connection)
            found = ledger.verify(connection)
            said = ledger.standing(connection, self.name)
        actual = self.aliases()
        for alias in sorted({*said, *actual}):
            if said.get(alias) != actual.get(alias):
                wrong = f"alias {alias!r} stands at version {actual.get(alias, 'none')}, the ledger says {said.get(alias, 'none')}"
                raise ModelError(wrong, fix="someone moved it by hand: `mlops release` the version that is meant")
        return found


def require(tags: dict[str, str]) -> None:
    """Raises `ModelError` naming the tags without which a version leads nowhere."""
    lacking = [name for name in NEEDED if not tags.get(name)]
    if lacking:
        wrong = f"a version without {', '.join(lacking)} could not be traced or made again"
        raise ModelError(wrong, fix="register through the pipeline's step `register`")


def check_digest(folder: Path, version: Version) -> None:
    """Raises `ModelError` where the model file is not the one that was registered."""
    path = folder / handoff.MODEL
    digest = handoff.sha256(path) if path.is_file() else "no file"
    if digest != version.sha256:
        wrong = f"the model of version {version.number} is {digest[:12]}, registered was {version.sha256[:12]}"
        raise ModelError(wrong, fix="its artifact was altered: do not use it; train again")

