"""The snapshot: equal data give equal bytes, a past state can be had again, and an altered file is found."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.data import manifest
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.model import project
from {{cookiecutter.package_name}}.training import reuse, snapshot
from {{cookiecutter.package_name}}.training.snapshot import Snapshot
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


def gather(place: Workspace, out: Path) -> tuple[Snapshot, str]:
    return snapshot.gather(project.load(), place.landed, out, SystemClock(), place.root)


@pytest.fixture
def recorded(place: Workspace) -> Snapshot:
    """What the one run has recorded."""
    return snapshot.read(made.folders(place).snapshot)


@pytest.fixture
def moved_on(place: Workspace, recorded: Snapshot, tmp_path: Path) -> Workspace:
    """The same workspace after more rows have landed."""
    made.drop(place.root, made.rows(300, first=1000))
    found, said = gather(place, tmp_path / "now")
    assert "300 new" in said
    assert found.rows == recorded.rows + 300
    return place


def test_an_unchanged_state_gives_an_unchanged_snapshot(place: Workspace, tmp_path: Path) -> None:
    found = manifest.load(place.landed)
    for name in ("one", "two"):
        snapshot.freeze(place.landed, found, tmp_path / name)
    assert reuse.of_path(tmp_path / "one") == reuse.of_path(tmp_path / "two")


def test_an_ingest_that_changes_nothing_keeps_the_batch_that_had_the_state(
    place: Workspace, recorded: Snapshot, tmp_path: Path
) -> None:
    found, said = gather(place, tmp_path / "again")
    assert (found.batch, found.state) == (recorded.batch, recorded.state)
    assert "nothing new" in said


def test_a_past_state_can_be_frozen_again(moved_on: Workspace, recorded: Snapshot, tmp_path: Path) -> None:
    then = snapshot.again(moved_on.landed, recorded, tmp_path / "then", tmp_path / "no-spare")
    assert (then.rows, then.files) == (recorded.rows, recorded.files)
    assert reuse.of_path(tmp_path / "then") == reuse.of_path(made.folders(moved_on).snapshot)


def removed(place: Workspace, facts: Snapshot) -> None:
    """As retention does it."""
    for name in facts.files:
        (place.landed / name).unlink(missing_ok=True)


def test_the_run_s_own_snapshot_serves_where_landed_files_are_gone(
    moved_on: Workspace, recorded: Snapshot, tmp_path: Path
) -> None:
    spare = made.folders(moved_on).snapshot
    removed(moved_on, recorded)
    assert snapshot.again(moved_on.landed, recorded, tmp_path / "then", spare).rows == recorded.rows


def test_without_either_it_cannot_be_had(moved_on: Workspace, recorded: Snapshot, tmp_path: Path) -> None:
    removed(moved_on, recorded)
    with pytest.raises(DataError, match="is no longer in"):
        snapshot.again(moved_on.landed, recorded, tmp_path / "then", tmp_path / "no-spare")


def test_a_record_of_other_files_is_refused(place: Workspace, recorded: Snapshot, tmp_path: Path) -> None:
    other = Snapshot(**{**recorded.__dict__, "files": dict.fromkeys(recorded.files, "ab" * 32)})
    with pytest.raises(DataError, match="is no longer in"):
        snapshot.again(place.landed, other, tmp_path / "then", tmp_path / "no-spare")


def altered(path: Path) -> None:
    """Other bytes under the same name; the file that runs have kept is another one and stays."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content + b"x")


def test_an_altered_landed_file_is_found(place: Workspace, recorded: Snapshot, tmp_path: Path) -> None:
    altered(place.landed / next(iter(recorded.files)))
    with pytest.raises(DataError, match="is not what was landed"):
        gather(place, tmp_path / "now")
    with pytest.raises(DataError, match="is not what was landed"):
        snapshot.again(place.landed, recorded, tmp_path / "then", made.folders(place).snapshot)


def test_an_altered_spare_is_found(moved_on: Workspace, recorded: Snapshot, tmp_path: Path) -> None:
    spare = made.folders(moved_on).snapshot
    removed(moved_on, recorded)
    altered(spare / next(iter(recorded.files)))
    with pytest.raises(DataError, match="is not what was landed"):
        snapshot.again(moved_on.landed, recorded, tmp_path / "then", spare)


def test_a_missing_landed_file_is_named(place: Workspace, recorded: Snapshot, tmp_path: Path) -> None:
    removed(place, recorded)
    with pytest.raises(DataError, match="is gone, and the manifest lists it"):
        snapshot.freeze(place.landed, manifest.load(place.landed), tmp_path / "now")


def test_nothing_landed_is_nothing_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no landed rows"):
        snapshot.freeze(tmp_path, manifest.load(tmp_path), tmp_path / "out")


def test_a_disk_that_knows_no_links_gets_copies(
    place: Workspace, recorded: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refused)
    found = snapshot.freeze(place.landed, manifest.load(place.landed), tmp_path / "copied")
    assert found.files == recorded.files
    name = next(iter(recorded.files))
    shutil.rmtree(place.landed)
    assert (tmp_path / "copied" / name).is_file()
