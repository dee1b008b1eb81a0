"""A workspace: the one place of what training leaves behind. There is one, `dev`; more of them are a later level's.

Everything in it can be told apart: `workspaces/dev/state.db` holds the facts that are ours (runs, ledger, outbox),
`mlflow.db` with `artifacts/` what MLflow tracks and registers, `features/` the feature store, `runs/` what steps wrote.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

DEFAULT = "dev"
NAME, TRACKING = "MLOPS_WORKSPACE", "MLFLOW_TRACKING_URI"


@dataclass(frozen=True)
class Workspace:
    """The paths of the workspace `name` of the repo in `root`."""

    root: Path
    name: str = DEFAULT

    @property
    def folder(self) -> Path:
        return self.root / "workspaces" / self.name

    @property
    def state(self) -> Path:
        """The database of runs, ledger, outbox and inbox."""
        return self.folder / "state.db"

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def features(self) -> Path:
        return self.folder / "features"

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    @property
    def broker(self) -> Path:
        """The database of the local event broker, which all workspaces share."""
        return self.root / "workspaces" / "broker.db"

    @property
    def landed(self) -> Path:
        """What the data pipeline landed."""
        return self.root / "data" / "landed"

    @property
    def tracking_uri(self) -> str:
        """MLflow's address: a server's in production, else SQLite in this folder."""
        return os.environ.get(TRACKING) or f"sqlite:///{(self.folder / 'mlflow.db').resolve().as_posix()}"


def current(root: Path = Path()) -> Workspace:
    """The workspace that `MLOPS_WORKSPACE` names, else `dev`."""
    return Workspace(root.resolve(), os.environ.get(NAME) or DEFAULT)


@contextmanager
def database(path: Path, tables: str = "") -> Iterator[sqlite3.Connection]:
    """A connection that commits when told to, waits for others, survives a power cut; `tables` are made if absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.row_factory = sqlite3.Row
        if tables:
            connection.executescript(tables)
        yield connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All that is written inside, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
