"""Where the processes of an endpoint meet: sockets, logs, what each says of itself; and where its records are."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ... import layers
from ...errors import MlopsError
from ...workspace import Workspace
from .follow import key_of
from .state import Deployment

LONGEST = 90  # bytes of a socket's path that every system takes
RECORDS = "predictions"


class ServingError(MlopsError):
    """The endpoint cannot run so."""


def endpoint_name() -> str:
    """How the endpoint is called: as the registered model, which Azure takes too."""
    return layers.PACKAGE.replace("_", "-")


@dataclass(frozen=True)
class Layout:
    """The paths of the endpoint of a workspace."""

    place: Workspace

    @property
    def folder(self) -> Path:
        return self.place.folder / "endpoint"

    @property
    def running(self) -> Path:
        """What the supervisor says of itself and its children."""
        return self.folder / "running.json"

    @property
    def records(self) -> Path:
        return self.place.folder / RECORDS / endpoint_name()

    @property
    def sockets(self) -> Path:
        """The folder of the sockets: in the workspace where its path is short enough, else a private one."""
        mine = self.folder / "sockets"
        if len(os.fsencode(mine)) + 20 <= LONGEST:
            return mine
        name = hashlib.sha256(os.fsencode(mine)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"mlops-{name}"

    def socket(self, deployment: Deployment) -> Path:
        """Where the scorer of `deployment` listens."""
        return self.sockets / f"{hashlib.sha256(key_of(deployment).encode()).hexdigest()[:12]}.sock"

    def log(self, key: str) -> Path:
        return self.folder / "logs" / f"{key}.log"

    def said(self, key: str) -> Path:
        """What the scorer `key` says of itself."""
        return self.folder / "scorers" / f"{key}.json"

    def make(self) -> None:
        """Make the folders; nobody else may reach the sockets. Raises `ServingError` where somebody else has them."""
        for path in (self.folder / "logs", self.folder / "scorers", self.sockets):
            path.mkdir(parents=True, exist_ok=True)
        found = self.sockets.stat()
        if found.st_uid != os.getuid():
            raise ServingError(
                f"{self.sockets} belongs to somebody else", fix="remove it, or set TMPDIR to a folder of yours"
            )
        self.sockets.chmod(stat.S_IRWXU)


def must_be_posix() -> None:
    """Raises `ServingError` where a process cannot hand a socket to another by number."""
    if sys.platform == "win32" or not hasattr(socket, "AF_UNIX"):
        fix = "run it in WSL or in the container; `mlops serve` serves one model here"
        raise ServingError("the endpoint needs Unix sockets, which Windows does not give to Python", fix=fix)
