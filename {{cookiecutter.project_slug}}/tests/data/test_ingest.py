"""What the source has is landed, however and whenever it came."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.data import landed, lock, manifest
from {{cookiecutter.package_name}}.errors import DataError

from . import world

LABELLED = "UPDATE rides SET minutes = ?, updated_at = max(updated_at, ?) WHERE id % 7 = ?"
MOVED = "UPDATE rides SET at = ?, updated_at = max(updated_at, ?) WHERE id = ?"  # a change time never goes back


@pytest.fixture
def base(tmp_path: Path) -> Path:
    world.insert(tmp_path / "rides.db", world.rides(400))
    return tmp_path


def test_first_run_lands_everything(base: Path) -> None:
    done = world.take(base, world.settings(), batch_rows=150)
    assert (done.read, done.new, done.batches) == (400, 400, 3)
    world.same(base / "landed", world.source_rows(base / "rides.db"))


def test_second_run_changes_no_byte(base: Path) -> None:
    world.take(base, world.settings())
    before = world.files(base)
    done = world.take(base, world.settings(), clock=SimulatedClock(world.NOW + timedelta(days=90)))
    assert "nothing new" in done.sentence()
    assert world.files(base) == before


def test_rows_with_the_last_watermark_are_not_lost(base: Path) -> None:
    world.take(base, world.settings(), overlap=timedelta(0))
    last = world.source_rows(base / "rides.db")["updated_at"].max().isoformat(" ")
    world.insert(base / "rides.db", world.rides(2, first=900).assign(updated_at=last))
    done = world.take(base, world.settings(), overlap=timedelta(0))
    assert (done.new, done.known) == (2, 1)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_batch_may_end_between_rows_of_one_watermark(base: Path, size: int) -> None:
    world.change(base / "rides.db", "DELETE FROM rides WHERE id > 9")
    world.change(base / "rides.db", "UPDATE rides SET updated_at = '2025-03-09 12:00:00'")
    world.take(base, world.settings(), batch_rows=size)
    world.same(base / "landed", world.source_rows(base / "rides.db"))


def test_a_transaction_that_commits_late_is_seen(base: Path) -> None:
    world.take(base, world.settings())
    last = world.source_rows(base / "rides.db")["updated_at"].max()
    late = (last - timedelta(minutes=4)).isoformat(" ")
    world.insert(base / "rides.db", world.rides(1, first=900).assign(updated_at=late))
    assert world.take(base, world.settings()).new == 1


def test_a_late_label_replaces_the_row(base: Path) -> None:
    world.change(base / "rides.db", "UPDATE rides SET minutes = NULL WHERE id = 7")
    world.take(base, world.settings())
    old = {file.path for file in manifest.load(base / "landed").files}
    world.change(base / "rides.db", "UPDATE rides SET minutes = 12.5, updated_at = '2025-03-20 08:00:00' WHERE id = 7")
    done = world.take(base, world.settings())
    assert (done.new, done.changed) == (0, 1)
    assert len({file.path for file in manifest.load(base / "landed").files} - old) == 1
    world.same(base / "landed", world.source_rows(base / "rides.db"))


def test_a_row_that_moves_in_time_leaves_its_old_partition(base: Path) -> None:
    world.take(base, world.settings(), by="day")
    world.change(
        base / "rides.db", "UPDATE rides SET at = '2025-04-01 10:00:00', updated_at = '2025-04-02' WHERE id = 3"
    )
    world.take(base, world.settings())
    world.same(base / "landed", world.source_rows(base / "rides.db"))


def test_without_a_change_time_the_late_window_is_read_again(base: Path) -> None:
    own = world.settings(watermark=None, late="2d")
    world.take(base, own)
    found = world.source_rows(base / "rides.db")
    recent, ancient = found["at"].max() - timedelta(days=1), found["at"].max() - timedelta(days=4)
    world.insert(base / "rides.db", world.rides(1, first=900).assign(at=recent.isoformat(" ")))
    world.insert(base / "rides.db", world.rides(1, first=901).assign(at=ancient.isoformat(" ")))
    assert world.take(base, own).new == 1


def test_rows_without_a_key_are_told_apart_by_all_of_their_columns(base: Path) -> None:
    own = world.settings(key=[])
    world.insert(base / "rides.db", world.rides(400))
    done = world.take(base, own, batch_rows=300)
    assert (done.new, done.duplicate) == (400, 400)
    world.insert(base / "rides.db", world.rides(3).assign(updated_at="2025-04-01 00:00:00"))
    assert world.take(base, own).new == 3


def test_until_is_exact_and_the_rest_comes_later(base: Path) -> None:
    cut = pd.Timestamp("2025-03-03 10:30:00")
    world.take(base, world.settings(), until=cut.to_pydatetime())
    expected = world.source_rows(base / "rides.db")
    world.same(base / "landed", expected[expected["updated_at"] <= cut].reset_index(drop=True))
    world.take(base, world.settings())
    world.same(base / "landed", expected)


@pytest.mark.parametrize("seed", range(6))
def test_any_interleaving_of_writes_and_reads_lands_the_truth(tmp_path: Path, seed: int) -> None:
    random, db, now = np.random.default_rng(seed), tmp_path / "rides.db", world.START + timedelta(days=6)
    world.insert(db, world.rides(60, seed))
    key = ["id"] if seed % 3 else ["id", "zone"]
    for step in range(10):
        now += timedelta(minutes=int(random.integers(0, 3)))
        stamp = (now - timedelta(minutes=int(random.integers(0, 5)))).isoformat(" ")
        some = int(random.integers(1, 60))
        match random.integers(0, 5):
            case 0:
                fresh = world.rides(int(random.integers(1, 30)), seed + step, first=1000 * (step + 1))
                world.insert(db, fresh.assign(updated_at=stamp))
            case 1:
                world.change(db, LABELLED, some, stamp, some % 7)
            case 2:
                moved = (world.START + timedelta(hours=some)).isoformat(" ")
                world.change(db, MOVED, moved, stamp, some)
            case _:
                world.take(tmp_path, world.settings(key=key), batch_rows=int(random.integers(1, 50)), by="day")
                world.same(tmp_path / "landed", world.source_rows(db))
    world.take(tmp_path, world.settings(key=key), by="day")
    world.same(tmp_path / "landed", world.source_rows(db))
    assert landed.verify(tmp_path / "landed") == []


def test_equal_rows_give_equal_files_in_however_many_batches(base: Path, tmp_path: Path) -> None:
    world.take(base, world.settings(), by="day")
    one = manifest.load(base / "landed").state
    other = tmp_path / "other"
    world.insert(tmp_path / "rides.db", world.rides(0))
    world.take(base, world.settings(), by="day", batch_rows=90, rebuild=True)
    assert manifest.load(base / "landed").state == one
    assert not other.exists()


def test_a_past_state_can_be_read_until_its_files_are_dropped(base: Path) -> None:
    clock = SimulatedClock(world.NOW)
    world.take(base, world.settings(), clock=clock)
    first = world.typed(landed.read(base / "landed"))
    for day in (1, 40):
        clock.advance(timedelta(days=day))
        world.change(base / "rides.db", "UPDATE rides SET km = km + 1, updated_at = ?", f"2025-04-0{day % 9} 00:00:00")
        world.take(base, world.settings(), clock=clock)
        if day == 1:
            pd.testing.assert_frame_equal(world.typed(landed.read(base / "landed", "000001")), first)
    with pytest.raises(DataError, match="are gone"):
        landed.read(base / "landed", "000001")


def test_a_rebuild_takes_a_new_column_in(base: Path) -> None:
    world.take(base, world.settings())
    wider = world.settings(columns={"updated_at": {"kind": "categorical"}}, watermark="at")
    with pytest.raises(DataError, match="rebuild"):
        world.take(base, wider)
    assert world.take(base, wider, rebuild=True).new == 400
    assert landed.read(base / "landed")["updated_at"].map(lambda value: isinstance(value, str)).all()


def test_verify_sees_a_file_that_was_touched(base: Path) -> None:
    world.take(base, world.settings())
    path = base / "landed" / manifest.load(base / "landed").files[0].path
    path.write_bytes(path.read_bytes()[:-1])
    assert landed.verify(base / "landed") == [f"{path.parent.name}/{path.name} is not what was landed"]


def test_one_run_at_a_time(base: Path) -> None:
    with lock.held(base / "landed"), pytest.raises(DataError, match="another run"):
        world.take(base, world.settings())


def test_a_missing_column_of_a_table_stops_before_anything_is_read(base: Path) -> None:
    with pytest.raises(DataError, match="has no column 'humidity'"):
        world.take(base, world.settings(columns={"humidity": {"kind": "numeric"}}))
    assert not (base / "landed" / "manifest.json").exists()
