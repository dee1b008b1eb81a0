"""Killed at any point, a run leaves what was committed, and the next one ends where an unbroken one does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.data import disk, landed, lock, manifest
from {{cookiecutter.package_name}}.errors import DataError

from . import world

WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}


class Killed(BaseException):
    """The process is gone. No `except Exception` sees it, and a `finally` finds that the disk no longer obeys."""


class Disk:
    """Counts every change below a folder, by whatever code, and refuses all from a chosen one on."""

    def __init__(self) -> None:
        self.root, self.left, self.done = "", -1, 0
        sys.addaudithook(self.hook)

    def hook(self, event: str, args: tuple[object, ...]) -> None:
        if self.root and self.changes(event, args):
            self.done += 1
            if self.left >= 0 and self.done > self.left:
                raise Killed

    def changes(self, event: str, args: tuple[object, ...]) -> bool:
        if event == "os.mkdir" and Path(str(args[0])).is_dir():  # nothing changes
            return False
        writes = event in WRITES or (event == "open" and isinstance(args[1], str) and args[1][0] in "wax")
        return writes and isinstance(args[0], str | Path) and str(args[0]).startswith(self.root)

    @contextmanager
    def dying(self, root: Path, left: int) -> Iterator[None]:
        self.root, self.left, self.done = str(root), left, 0
        try:
            yield
        finally:
            self.root = ""


DISK = Disk()


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies leaves what it wrote, synced or not; only power cuts do not, and none is simulated here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def world_of(base: Path) -> Path:
    """A source with changes since a first run, of which one row of a batch is bad, and all of another."""
    base.mkdir()
    db = base / "rides.db"
    world.insert(db, world.rides(40, days=20))
    world.take(base, world.settings(), by="month")
    world.change(db, "UPDATE rides SET km = 7, updated_at = '2025-05-08 00:00:00' WHERE id % 9 = 0")
    odd = world.rides(16, 2, first=200).assign(updated_at="2025-05-09 00:00:00")
    odd.loc[4, "at"] = "yesterday"
    world.insert(db, odd)
    world.insert(db, world.rides(15, 1, first=100).assign(km=-1.0, updated_at="2025-05-10 00:00:00"))
    return base


def state(base: Path) -> dict[str, bytes]:
    """Everything that is landed or in quarantine."""
    return {name: content for name, content in world.files(base).items() if name != "rides.db"}


def counted(base: Path, **options: Any) -> int:
    """Run to the end; gives the number of points at which it could have died."""
    with DISK.dying(base, -1):
        world.take(base, world.settings(), batch_rows=20, **options)
    return DISK.done


def die(base: Path, point: int, **options: Any) -> None:
    """Run, and die at the given point."""
    with DISK.dying(base, point), pytest.raises(Killed):
        world.take(base, world.settings(), batch_rows=20, **options)


def test_every_point_of_death(tmp_path: Path) -> None:
    start = world_of(tmp_path / "start")
    whole = shutil.copytree(start, tmp_path / "whole")
    points, expected = counted(whole), state(whole)
    assert points > 20
    for point in range(points):
        base = shutil.copytree(start, tmp_path / f"killed-{point}")
        die(base, point)
        assert landed.verify(base / "landed") == [], point
        counted(base)
        assert state(base) == expected, point


def torn(path: Path, data: bytes) -> None:
    """The sabotage: written in place, in two steps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data[: len(data) // 2])
    path.write_bytes(data)


def test_without_the_swap_a_death_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = world_of(tmp_path / "start")
    monkeypatch.setattr(disk, "write", torn)
    points = counted(shutil.copytree(start, tmp_path / "whole"))
    assert any(breaks(shutil.copytree(start, tmp_path / f"killed-{point}"), point) for point in reversed(range(points)))


def breaks(base: Path, point: int) -> bool:
    """Whether a death leaves something that is not as the manifest says, or half a manifest."""
    die(base, point)
    try:
        return landed.verify(base / "landed") != []
    except DataError:
        return True


@pytest.mark.parametrize("share", range(8))
def test_a_rebuild_can_die_too(tmp_path: Path, share: int) -> None:
    start = world_of(tmp_path / "start")
    before = manifest.load(start / "landed").state
    whole = shutil.copytree(start, tmp_path / "whole")
    points = counted(whole, rebuild=True)
    expected = manifest.load(whole / "landed").state
    base = shutil.copytree(start, tmp_path / "killed")
    die(base, points * (2 * share + 1) // 16, rebuild=True)
    assert manifest.load(base / "landed").state in (before, expected)
    assert landed.verify(base / "landed") == []
    counted(base, rebuild=True)
    assert manifest.load(base / "landed").state == expected
    assert landed.verify(base / "landed") == []


def test_an_abandoned_rebuild_leaves_nothing(tmp_path: Path) -> None:
    base = world_of(tmp_path / "start")
    whole = shutil.copytree(base, tmp_path / "whole")
    counted(whole)
    die(base, 20, rebuild=True)
    counted(base)
    assert state(base) == state(whole)


HOLD = """
import sys, time, pathlib
from {package} import lock
with lock.held(pathlib.Path(sys.argv[1])):
    print(1, flush=True)
    time.sleep(60)
"""


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    package = lock.__name__.rpartition(".")[0]
    command = [sys.executable, "-c", HOLD.format(package=package), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        with pytest.raises(DataError), lock.held(tmp_path):
            pass
        process.kill()
        process.wait()
    with lock.held(tmp_path):
        pass
