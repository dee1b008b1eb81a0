"""Killed with SIGKILL at any point, a run leaves a store that can be read, and the next run ends as an unbroken one."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.data import disk
from {{cookiecutter.package_name}}.features import materialise, publish, record, retrieval
from {{cookiecutter.package_name}}.features.online import Online

from . import dying, world

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
]
AT = datetime(2025, 3, 7)
SETS = (world.traffic(),)
PROGRAM = """
import sys, pathlib
from tests.features import dying, world
from {package} import publish
{spoil}
dying.main(pathlib.Path(sys.argv[1]), dict(world=world, publish=publish), {step})
"""
TORN = """
from PACKAGE import materialise
def torn(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.open("wb").close()
    path.open("ab").write(data)
materialise.disk.write = torn
def early(self, table, it, own=materialise.Work.written):
    materialise.record.mark(self.connection, materialise.replace(it, path=f"offline/traffic/1/{it.label}.parquet"))
    return own(self, table, it)
materialise.Work.written = early
"""


def world_of(folder: Path) -> Path:
    """A store of a first run, of which some rows have changed since, some are gone, and a day is new."""
    frame = world.trips(120, days=3)
    start = folder / "start"
    world.run(world.land(start / "landed", frame[frame["at"] < "2025-03-05"]), start / "store", *SETS)
    publish.run(start / "store", SETS, datetime(2025, 3, 4))
    world.land(start / "landed", frame[frame["id"] != 7].assign(km=frame["km"] + (frame["id"] % 50 == 0)))
    return folder


def killed(folder: Path, root: Path, spoil: str = "", step: int = 1) -> int:
    """Run `dying.py` on the world; gives the number of points."""
    package = materialise.__name__.rpartition(".")[0]
    program = PROGRAM.format(package=package, step=step, spoil=spoil.replace("PACKAGE", package))
    path = os.pathsep.join([str(root), str(root / "src")])
    command = [sys.executable, "-W", "ignore", "-c", program, str(folder)]
    where = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=where, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def broken(store: Path) -> list[str]:
    """What the record calls complete and is not there as it was written."""
    out = []
    with record.opened(store) as connection:
        for found in SETS:
            for it in record.intervals(connection, found).values():
                path = store / it.path
                if it.status == "Complete" and not (path.is_file() and disk.sha256(path) == it.sha256):
                    out.append(it.label)
    return out


def online(store: Path) -> dict[str, object]:
    """What servers are told."""
    with closing(Online(store)) as values:
        wanted = [retrieval.wanted(found) for found in SETS]
        return {f"{it.name} {entity}": values.get(it, entity) for it in wanted for entity in values.entities(it, 99)}


def test_every_point_of_death(tmp_path: Path, root: Path) -> None:
    folder = world_of(tmp_path)
    before = online(folder / "start" / "store")
    points = killed(folder, root)
    expected, after = (
        world.content(folder / "whole" / "store" / materialise.OFFLINE),
        online(folder / "whole" / "store"),
    )
    assert points > 40
    assert before != after
    seen = set()
    for point in range(points):
        store = folder / f"killed-{point}" / "store"
        assert broken(store) == [], point
        assert online(store) in (before, after), point
        world.run(folder / f"killed-{point}" / "landed", store, *SETS)
        assert world.content(store / materialise.OFFLINE) == expected, point
        with record.opened(store) as connection:
            seen |= {row["status"] for row in record.runs(connection, world.traffic())}
        publish.run(store, SETS, AT)
        assert online(store) == after, point
    assert seen == {"Complete", "Killed"}


def test_without_the_swap_and_the_order_of_writing_a_death_is_seen(tmp_path: Path, root: Path) -> None:
    folder = world_of(tmp_path)
    points = killed(folder, root, TORN, step=3)
    assert any(broken(folder / f"killed-{point}" / "store") for point in range(0, points, 3))


def test_the_points_are_those_that_change_something(tmp_path: Path) -> None:
    points = dying.Points(tmp_path, -1, tmp_path)
    for event, args in [
        ("open", (tmp_path / "a", "r")),
        ("open", ("/elsewhere", "w")),
        ("import", ("x",)),
        ("exec", ()),
    ]:
        points.hook(event, args)
    assert points.done == 0
    points.hook("open", (str(tmp_path / "a"), "wb"))
    points.hook("os.rename", (tmp_path / "a", tmp_path / "b", -1, -1))
    assert points.done == 2
