"""A materialisation that is killed with SIGKILL at a chosen point: before a change of a file or a statement of SQL.

Run as a program it forks once for each point, each in a copy of the store, and prints how many points there were. The
parent imports everything and computes nothing, so that no thread of a library is lost in a fork.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

CONNECT = sqlite3.connect
WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}


class Points:
    """Counts the points at which the disk below `root` changes, and dies at one of them."""

    def __init__(self, root: Path, left: int, told: Path) -> None:
        self.root, self.left, self.done, self.told = str(root), left, 0, told

    def hook(self, event: str, args: tuple[object, ...]) -> None:
        if isinstance(args[0] if args else None, str | Path) and str(args[0]).startswith(self.root):
            writes = event == "open" and isinstance(args[1], str) and args[1][0] in "wax"
            if writes or event in WRITES:
                self.point()

    def connect(self, *given: Any, **named: Any) -> sqlite3.Connection:
        """A connection of which each statement is a point."""
        connection: sqlite3.Connection = CONNECT(*given, **named)
        connection.set_trace_callback(lambda _: self.point())
        return connection

    def point(self) -> None:
        if self.done == self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        self.done += 1


def child(modules: dict[str, ModuleType], base: Path, point: int) -> None:
    """Materialise in `base` and write online, dying at `point` (-1: not at all)."""
    points = Points(base / "store", point, base / "points")
    sys.addaudithook(points.hook)
    sqlite3.connect = points.connect  # type: ignore[assignment]
    os.fsync = lambda fd: None  # noqa: ARG005 - what was written outlives a process, synced or not
    sets = (modules["world"].traffic(),)
    modules["world"].run(base / "landed", base / "store", *sets)
    modules["publish"].run(base / "store", sets, datetime(2025, 3, 7))
    points.told.write_text(str(points.done), encoding="utf-8")


def forked(modules: dict[str, ModuleType], base: Path, point: int) -> int:
    """Gives the signal of which the child died; 0 where it lived."""
    pid = os.fork()
    if pid == 0:
        try:
            child(modules, base, point)
        finally:
            os._exit(0)
    return os.waitpid(pid, 0)[1] & 0x7F


def main(folder: Path, modules: dict[str, ModuleType], step: int) -> None:
    """`folder/start` holds landed rows and a store; leaves `folder/killed-N` for each point, or each of some."""
    whole = shutil.copytree(folder / "start", folder / "whole")
    assert forked(modules, whole, -1) == 0
    points = int((whole / "points").read_text(encoding="utf-8"))
    for point in range(0, points, step):
        base = shutil.copytree(folder / "start", folder / f"killed-{point}")
        assert forked(modules, base, point) == signal.SIGKILL, point
    sys.stdout.write(str(points))
