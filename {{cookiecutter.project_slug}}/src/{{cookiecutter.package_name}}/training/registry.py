"""The model registry: MLflow's, with what it lacks: versions that must lead back, and aliases with a history."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import workspace
from ..errors import ModelError
from ..events import cloud, outbox
from . import ledger, mlflows
from .versions import CANDIDATE, CHAMPION, FOLDER, MODEL, RECORD, RECORDS, Version, Versions, name_of

__all__ = ["CANDIDATE", "CHAMPION", "FOLDER", "MODEL", "NEEDED", "RECORD", "RECORDS", "Registry", "Version", "name_of"]

# what is about to become a version: how one that a crash left without its entry is told from one that was made by hand
REGISTERING = """
CREATE TABLE IF NOT EXISTS registering (model TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (model, sha256));
"""
TABLES = ledger.TABLES + outbox.TABLES + REGISTERING
# what a version must say of itself, so that it can be traced and made again
NEEDED = (
    "model_sha256", "handoff_sha256", "record_sha256", "run", "commit", "code_sha256", "uncommitted", "unlocked",
    "snapshot", "batch", "environment", "gate", "seed", "metric",
)  # fmt: skip


class Registry(Versions):
    """The registry of a workspace."""

    def register(self, run: mlflows.Run, tags: dict[str, str], folders: dict[str, Path]) -> Version:
        """A version with its files and tags; the same model again gives the version that is there.

        Raises `ModelError` where a tag is missing that leads back.
        """
        require(tags)
        before = [it for it in self.versions() if it.sha256 == tags["model_sha256"]]
        if before:
            return self.announce(before[0])
        with self.state() as connection, workspace.transaction(connection):
            connection.execute("INSERT OR IGNORE INTO registering VALUES (?, ?)", (self.name, tags["model_sha256"]))
        known = self.models()
        with mlflows.asked("register a version"):
            for name, folder in folders.items():
                run.client.log_artifacts(run.id, str(folder), name)
            if not known:
                self.client.create_registered_model(self.name)
            source = f"{run.client.get_run(run.id).info.artifact_uri}/{MODEL}"
            row = self.client.create_model_version(self.name, source, run.id, tags=tags)
        return self.announce(self.version_of(row, {}))

    def announce(self, version: Version) -> Version:
        """The ledger's entry and the event, once for a version; then the alias. Raises for one made by hand."""
        with self.state() as connection:
            with workspace.transaction(connection):
                if not ledger.registered(connection, self.name, version.number):
                    self.expected(connection, version)
                    self.write(connection, "register", CANDIDATE, version, by="pipeline", reason=version.tags["run"])
                    outbox.add(connection, self.event_of(version))
            self.settle(connection)
        return self.get(version.number)

    def expected(self, connection: sqlite3.Connection, version: Version) -> None:
        """Raises `ModelError` where nobody was about to register this."""
        done = connection.execute("DELETE FROM registering WHERE model = ? AND sha256 = ?", (self.name, version.sha256))
        if not done.rowcount:
            wrong = f"version {version.number} was not registered by the pipeline: the ledger has no entry of it"
            raise ModelError(wrong, fix="delete it in MLflow (`mlops ui`), and train through `mlops pipeline run`")

    def promote(self, version: Version, *, by: str, reason: str, action: str) -> bool:
        """Make `version` the champion, with an event that it is deployed; False where it is that already."""
        with self.state() as connection:
            with workspace.transaction(connection):
                changed = ledger.standing(connection, self.name).get(CHAMPION) != version.number
                if changed:
                    entry = self.write(connection, action, CHAMPION, version, by=by, reason=reason)
                    outbox.add(connection, self.deployed(version, entry.seq))
            self.settle(connection)
        return changed

    def event_of(self, version: Version) -> cloud.Event:
        """The event of a registration."""
        at, tags = self.clock.now(), version.tags
        return cloud.model_registered(
            self.source, name=self.name, version=version.number, tags=tags, properties={}, at=at
        )

    def deployed(self, version: Version, seq: int) -> cloud.Event:
        """The event of a release; a second release of the same version is another fact, told by the ledger's number."""
        properties = {"ledger": str(seq)}
        models, at = [f"{self.name}:{version.number}"], self.clock.now()
        return cloud.model_deployed(
            self.source, service=self.name, models=models, tags={}, properties=properties, at=at
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
        return cloud.source(self.place.name)

    def settle(self, connection: sqlite3.Connection) -> None:
        """Carry out what the ledger says and a crash may have prevented; one process at a time: the last entry wins."""
        with workspace.transaction(connection), mlflows.asked("move an alias"):
            for entry in ledger.waiting(connection):
                self.client.set_registered_model_alias(entry.model, entry.alias, entry.version)
                ledger.done(connection, entry)

    def history(self) -> list[ledger.Entry]:
        """The ledger, verified against itself and against MLflow. Raises `ModelError` for what was done past it."""
        versions = self.versions()
        with self.state() as connection:
            ledger.verify(connection)
            unsaid = [it for it in versions if not ledger.registered(connection, self.name, it.number)]
        for version in unsaid:
            self.announce(version)  # what a crash has left; one that was made by hand is refused
        with self.state() as connection:
            self.settle(connection)
            found = ledger.entries(connection)
            said = ledger.standing(connection, self.name)
        compare(found, versions, said, self.aliases())
        return found

    def restore(self) -> list[str]:
        """Put the aliases back where the ledger has them; gives what was moved. Raises where the ledger is broken."""
        with self.state() as connection:
            ledger.verify(connection)
            said = ledger.standing(connection, self.name)
        actual, moved = self.aliases(), []
        for alias in sorted({*said, *actual}):
            there, meant = actual.get(alias, "none"), said.get(alias, "none")
            if there != meant:
                moved.append(f"{alias}: {there} -> {meant}")
                with mlflows.asked("move an alias"):
                    if alias in said:
                        self.client.set_registered_model_alias(self.name, alias, meant)
                    else:
                        self.client.delete_registered_model_alias(self.name, alias)
        return moved


def compare(found: list[ledger.Entry], versions: list[Version], said: dict[str, str], actual: dict[str, str]) -> None:
    """Raises `ModelError` where MLflow's versions or aliases are not as the ledger has them."""
    digests = {entry.version: entry.sha256 for entry in found if entry.action == "register"}
    for it in versions:
        if it.sha256 != digests.get(it.number):
            wrong = f"version {it.number} says that its model is {it.sha256[:12]}, the ledger {digests[it.number][:12]}"
            raise ModelError(wrong, fix="someone changed its tags in MLflow: put them back, or delete the version")
    for alias in sorted({*said, *actual}):
        if said.get(alias) != actual.get(alias):
            there = actual.get(alias, "none")
            wrong = f"alias {alias!r} stands at version {there}, the ledger says {said.get(alias, 'none')}"
            raise ModelError(wrong, fix="someone moved it by hand: `mlops registry restore` puts it back")


def require(tags: dict[str, str]) -> None:
    """Raises `ModelError` naming the tags without which a version leads nowhere."""
    lacking = [name for name in NEEDED if not tags.get(name)]
    if lacking:
        wrong = f"a version without {', '.join(lacking)} could not be traced or made again"
        raise ModelError(wrong, fix="register through the pipeline's step `register`")
