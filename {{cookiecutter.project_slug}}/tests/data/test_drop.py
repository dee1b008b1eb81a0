"""Files dropped into a folder: each content once, whatever it is called."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from {{cookiecutter.package_name}}.data import manifest, quarantine
from {{cookiecutter.package_name}}.errors import DataError, ProjectError

from . import world

OWN = {"folder": "drop", "watermark": "updated_at"}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path


def put(base: Path, name: str, frame: pd.DataFrame) -> Path:
    path = base / "drop" / name
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return path


def expected(frame: pd.DataFrame) -> pd.DataFrame:
    return world.typed(frame)


def test_csv_and_parquet_land_alike(base: Path) -> None:
    put(base, "a.csv", world.rides(100))
    put(base, "b.parquet", world.rides(100, seed=1, first=101))
    done = world.take(base, world.settings(**OWN), batch_rows=30)
    assert done.new == 200
    both = pd.concat([world.rides(100), world.rides(100, seed=1, first=101)])
    world.same(base / "landed", expected(both))
    assert "nothing new" in world.take(base, world.settings(**OWN)).sentence()


def test_a_copy_under_another_name_is_not_read_again(base: Path) -> None:
    path = put(base, "a.csv", world.rides(20))
    world.take(base, world.settings(**OWN))
    before = world.files(base / "landed")
    shutil.copy(path, path.with_name("b.csv"))
    os.utime(path, (1, 1))
    assert world.take(base, world.settings(**OWN)).batches == 0
    assert world.files(base / "landed") == before


def test_other_content_of_equal_size_and_date_is_read(base: Path) -> None:
    path = put(base, "a.csv", world.rides(20))
    stamp = path.stat()
    world.take(base, world.settings(**OWN))
    text = path.read_text(encoding="utf-8").replace("2025-03-01", "2025-03-02")
    path.write_text(text, encoding="utf-8", newline="")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert path.stat().st_size == stamp.st_size
    assert world.take(base, world.settings(**OWN)).batches == 1


def test_a_file_that_grew_gives_its_new_rows(base: Path) -> None:
    put(base, "a.csv", world.rides(50))
    world.take(base, world.settings(**OWN))
    both = pd.concat([world.rides(50), world.rides(10, seed=1, first=51)])
    put(base, "a.csv", both)
    done = world.take(base, world.settings(**OWN))
    assert (done.new, done.duplicate) == (10, 50)
    world.same(base / "landed", expected(both))


def test_an_older_version_that_arrives_later_does_not_win(base: Path) -> None:
    put(base, "a.csv", world.rides(50).assign(updated_at="2025-03-20 00:00:00"))
    world.take(base, world.settings(**OWN))
    put(base, "b.csv", world.rides(50).assign(km=1.0))
    done = world.take(base, world.settings(**OWN))
    assert (done.changed, done.duplicate) == (0, 50)


def test_labels_in_a_later_file_land_as_changes(base: Path) -> None:
    own = world.settings(folder="drop")
    put(base, "a.csv", world.rides(50).assign(minutes=None))
    put(base, "b.csv", world.rides(50))
    done = world.take(base, own)
    assert (done.new, done.changed) == (50, 50)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("b.csv", b"id,at\n1,2,3,4\n1,2\n1,2,3,4,5,6\n", "more fields|Expected"),
        ("b.csv", b"id,at\n\xff\xfe\xfa,2\n", "utf-8"),
        ("b.csv", b"", "No columns"),
        ("b.parquet", b"PAR1 and nothing", "Parquet"),
    ],
    ids=["ragged", "not-utf-8", "empty", "not-parquet"],
)
def test_a_file_that_cannot_be_read_is_set_aside_and_the_others_land(
    base: Path, name: str, content: bytes, told: str
) -> None:
    put(base, "a.csv", world.rides(50))
    (base / "drop" / name).write_bytes(content)
    put(base, "c.csv", world.rides(50, first=51))
    done = world.take(base, world.settings(**OWN))
    assert (done.new, len(done.held)) == (100, 1)
    entry = quarantine.folder(base / "landed") / done.held[0]
    assert (entry / name).read_bytes() == content
    assert any(it in (entry / "reason.md").read_text(encoding="utf-8") for it in told.split("|"))
    assert world.take(base, world.settings(**OWN)).batches == 0


def test_a_header_without_rows_and_a_missing_column_are_refused(base: Path) -> None:
    put(base, "a.csv", world.rides(0))
    put(base, "b.csv", world.rides(20).drop(columns="km"))
    done = world.take(base, world.settings(**OWN))
    assert done.new == 0
    why = [" ".join(entry.why) for entry in manifest.load(base / "landed").quarantine.values()]
    assert why == ["holds no row", "has no column km"]


def test_files_that_are_still_written_are_left_alone(base: Path) -> None:
    put(base, ".a.csv", world.rides(20))
    (base / "drop" / "b.csv.part").write_text("half", encoding="utf-8")
    assert world.take(base, world.settings(**OWN)).batches == 0


def test_a_file_that_changes_under_the_read_stops_it(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from {{cookiecutter.package_name}}.data import drop

    put(base, "a.csv", world.rides(20))
    stamps = iter([(1, 1), (2, 2)])
    monkeypatch.setattr(drop.Dropped, "stamp", lambda _: next(stamps))
    with pytest.raises(DataError, match="changed while it was read"):
        world.take(base, world.settings(**OWN))


def test_until_is_refused_and_a_missing_folder_is_named(base: Path) -> None:
    with pytest.raises(ProjectError, match="--until"):
        world.take(base, world.settings(**OWN), until=world.START)
    (base / "drop").rmdir()
    with pytest.raises(DataError, match="is not a folder"):
        world.take(base, world.settings(**OWN))
