"""What the endpoint's processes have in common: they end with their supervisor, and say in a file how they are."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from ...data import disk

GRACE = 15.0  # seconds in which a process may end by itself
STARTING, LOADING, READY, REFUSED, FAILED = "starting", "loading", "ready", "refused", "failed"


def end_with(lifeline: int) -> None:
    """End this process, first gently, when nobody holds the other end of the pipe `lifeline` any more."""

    def wait() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Timer(GRACE, os._exit, [1]).start()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def listening_at(path: Path) -> socket.socket:
    """A Unix socket that listens at `path`; whoever listened there before gets no new callers."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fresh = path.with_name(f"{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    made.bind(str(fresh))
    made.listen(1024)
    fresh.rename(path)
    return made


@dataclass(frozen=True)
class Told:
    """The file in which a process says how it is."""

    path: Path

    def say(self, phase: str, reason: str = "") -> None:
        disk.write(self.path, json.dumps({"pid": os.getpid(), "phase": phase, "reason": reason}).encode())

    def read(self, pid: int) -> tuple[str, str]:
        """(phase, reason) of the process `pid`; it is starting until it says something."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return STARTING, ""
        return (str(found["phase"]), str(found["reason"])) if found["pid"] == pid else (STARTING, "")
