"""A process may be there and do nothing: who does not answer several times in a row is killed, and so started again.

Long work is done apart from this question, so that a busy process answers it and only a stuck one does not.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

from . import wire

EVERY, PATIENCE, MOST = 2.0, 5.0, 3  # seconds between two looks; seconds to answer in; failures in a row
ALIVE = wire.request("GET", b"/health/live")
Where = Path | tuple[str, int]


class Liveness:
    """Asks every process that `processes` names (by its id: where it listens) and gives the stuck ones to `kill`."""

    def __init__(self, processes: Callable[[], dict[int, Where]], kill: Callable[[int], None]) -> None:
        self.processes, self.kill = processes, kill
        self.silent: dict[int, int] = {}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="liveness", daemon=True)

    def run(self) -> None:
        while not self.stopping.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Once at each."""
        found = self.processes()
        self.silent = {pid: self.silent.get(pid, 0) for pid in found}
        for pid, where in found.items():
            self.silent[pid] = 0 if answers(where) else self.silent[pid] + 1
            if self.silent[pid] >= MOST:
                self.silent[pid] = 0
                self.kill(pid)


def answers(where: Where) -> bool:
    """Does whoever listens there say that it is alive?"""
    family = socket.AF_UNIX if isinstance(where, Path) else socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(PATIENCE)
        try:
            caller.connect(str(where) if isinstance(where, Path) else where)
            caller.sendall(ALIVE)
            return caller.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False
