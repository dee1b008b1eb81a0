"""What can be said of a snapshot only as a whole is checked, and stops the run by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from {{cookiecutter.package_name}}.data import disk, manifest
from {{cookiecutter.package_name}}.data.manifest import File, Manifest
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.model import frame, project
from {{cookiecutter.package_name}}.training import validate
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


@pytest.fixture
def folder(place: Workspace) -> Path:
    """The snapshot of the one run, in a copy."""
    return made.folders(place).snapshot


def run(folder: Path, out: Path) -> list[validate.Finding]:
    out.mkdir(exist_ok=True)
    return validate.run(folder, project.load().schema_only, out)


def changed(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame], files: int = 1) -> None:
    """Change the rows of the first files as somebody would who keeps the manifest's checksums right."""
    found = manifest.load(folder)
    new = [rewritten(folder, file, change) for file in found.files[:files]]
    write(folder, found.having(files=(*new, *found.files[files:])))


def rewritten(folder: Path, file: File, change: Callable[[pd.DataFrame], pd.DataFrame]) -> File:
    """The file with its rows changed; it is a link to the landed one, which must stay."""
    rows = change(pd.read_parquet(folder / file.path))
    (folder / file.path).unlink()
    rows.to_parquet(folder / file.path, index=False)
    return file.model_copy(update={"sha256": disk.sha256(folder / file.path)})


def write(folder: Path, found: Manifest) -> None:
    (folder / frame.MANIFEST).write_bytes(manifest.encode(found.model_dump(mode="json")))


def test_a_good_snapshot_passes_every_check(folder: Path, tmp_path: Path) -> None:
    found = run(folder, tmp_path / "report")
    assert [it.name for it in found] == list(validate.CHECKS)
    assert all(it.passed for it in found)
    validate.passed(tmp_path / "report")


def a_byte(folder: Path) -> None:
    path = folder / manifest.load(folder).files[0].path
    rows = pd.read_parquet(path)
    path.unlink()
    rows.assign(km=rows["km"] + 1).to_parquet(path, index=False)


def fewer_rows(folder: Path) -> None:
    changed(folder, lambda rows: rows.iloc[1:])


def a_column_gone(folder: Path) -> None:
    changed(folder, lambda rows: rows.assign(zone=None), len(manifest.load(folder).files))


def a_key_twice(folder: Path) -> None:
    changed(folder, lambda rows: rows.assign(id=rows["id"].iloc[0]))


def no_labels(folder: Path) -> None:
    found = manifest.load(folder)
    write(folder, found.having(files=found.files[:1]))
    changed(folder, lambda rows: rows.assign(minutes=rows["minutes"].where(rows.index < 5)))


SABOTAGES = {
    "checksums": (a_byte, "changed"),
    "row count": (fewer_rows, "in the manifest"),
    "columns": (a_column_gone, "zone absent or without a value"),
    "keys": (a_key_twice, "repeat the id of another"),
    "labels": (no_labels, "rows have a label"),
}


@pytest.mark.parametrize("name", validate.CHECKS)
def test_each_check_can_refuse(folder: Path, tmp_path: Path, name: str) -> None:
    spoil, said = SABOTAGES[name]
    spoil(folder)
    with pytest.raises(DataError) as caught:
        run(folder, tmp_path / "report")
    lines = [line.strip() for line in caught.value.problem.splitlines()[1:]]
    assert [line.partition(":")[0] for line in lines] == [name]
    assert said in lines[0]


def test_a_report_of_a_snapshot_that_failed_lets_no_later_step_run(folder: Path, tmp_path: Path) -> None:
    a_byte(folder)
    with pytest.raises(DataError):
        run(folder, tmp_path / "report")
    with pytest.raises(DataError, match="holds a check that failed"):
        validate.passed(tmp_path / "report")


def test_a_report_without_checks_is_none(tmp_path: Path) -> None:
    (tmp_path / validate.REPORT).write_text('{"checks": []}', encoding="utf-8")
    with pytest.raises(DataError, match="holds a check that failed"):
        validate.passed(tmp_path)


def test_a_table_without_a_key_has_none_to_repeat(folder: Path, tmp_path: Path, place: Workspace) -> None:
    made.replace(place.root / "project.toml", 'key = ["id"]\n', "")
    assert {it.name: it.detail for it in run(folder, tmp_path / "report")}["keys"] == "project.toml names no key"
