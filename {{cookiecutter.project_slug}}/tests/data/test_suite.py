"""The expectations, by Great Expectations itself: each fault of a source goes to quarantine, the good rows land."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.data import decide, gate, judge, landed, manifest, quarantine, suite
from {{cookiecutter.package_name}}.data import layout as layouts
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.model import corrupt

from . import world

GATE = gate.GreatExpectations()
FAULTS = {
    "null-burst": ("km", "km is missing"),
    "type-change": ("km", "km is not numeric"),
    "duplicate-keys": ("km", "id stands for several rows"),
    "out-of-range": ("km", "km is out of range"),
}
OWN = world.settings(folder="drop")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Five days are landed, and the files of two more have come: the first good."""
    (tmp_path / "drop").mkdir()
    put(tmp_path, "1.csv", world.rides(1000))
    world.take(tmp_path, OWN)
    put(tmp_path, "2.csv", world.rides(200, 1, first=2001, start=pd.Timestamp("2025-03-06")))
    return tmp_path


def put(base: Path, name: str, frame: pd.DataFrame) -> None:
    frame.to_csv(base / "drop" / name, index=False)


def later() -> pd.DataFrame:
    return world.rides(300, 2, first=3001, start=pd.Timestamp("2025-03-08"))


@pytest.mark.parametrize("kind", FAULTS)
def test_a_bad_batch_is_set_aside_and_the_good_one_lands(base: Path, kind: str) -> None:
    column, told = FAULTS[kind]
    put(base, "3.csv", corrupt.corrupt(later(), kind, 0, column))
    done = world.take(base, OWN, gate=GATE)
    assert done.new == 200
    assert len(landed.read(base / "landed")) == 1200
    folder = quarantine.folder(base / "landed") / done.held[0]
    reason = (folder / "reason.md").read_text(encoding="utf-8")
    assert told in reason
    assert re.search(r"expect_\w+.*\| \d+ \| `", reason)
    pages = [folder / link for link in re.findall(r"\((\w+\.html)\)", reason)]
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "Expectation Validation Result" in text
        assert not re.search(r"<(script|link|img)\b", text)


@pytest.mark.parametrize("kind", FAULTS)
def test_without_the_suite_it_would_land(base: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "readable", lambda *_: [])
    monkeypatch.setattr(suite, "plausible", lambda *_: [])
    monkeypatch.setattr(judge, "unfit", lambda *_: [])
    put(base, "3.csv", corrupt.corrupt(later(), kind, 0, FAULTS[kind][0]))
    done = world.take(base, OWN, gate=GATE)
    assert (done.held, done.new) == ([], 500)


def spoilt(column: str, values: Any) -> pd.DataFrame:
    frame = later().astype({column: object})
    frame[column] = values
    return frame


BURST = np.where(np.arange(300) % 3, 1.0, np.nan)
NEVER_SEEN = [f"zone {number % 2}" for number in range(300)]
WITHOUT_END = [f"zone {number}" for number in range(300)]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (spoilt("rain", BURST), "rain is missing more often than history allows"),
        (spoilt("zone", NEVER_SEEN), "zone is a category never seen before"),
        (spoilt("zone", WITHOUT_END), "zone has more than"),
        (spoilt("at", "2031-01-01 00:00:00"), "at is in the future"),
        (spoilt("at", "next week"), "at is not timestamp"),
        (spoilt("id", None), "id is missing"),
        (spoilt("night", "perhaps"), "night is not boolean"),
        (spoilt("minutes", "about ten"), "minutes is not numeric"),
        (later().iloc[:0], "holds no row"),
        (later().drop(columns="zone"), "has no column zone"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_faults(base: Path, frame: pd.DataFrame, told: str) -> None:
    put(base, "3.csv", frame)
    done = world.take(base, OWN, gate=GATE)
    assert done.new == 200
    assert told in " ".join(done.manifest.quarantine[done.held[0]].why)


def test_missing_values_that_history_knows_are_no_burst(base: Path) -> None:
    put(base, "3.csv", spoilt("rain", np.where(np.arange(300) % 8, 1.0, np.nan)))
    assert world.take(base, OWN, gate=GATE).held == []


def test_a_few_bad_rows_are_set_aside_alone(base: Path) -> None:
    frame = later().astype({"km": object})
    frame.loc[3, "km"], frame.loc[4, "km"] = "far", -1
    frame.loc[5, "id"] = None
    put(base, "3.csv", frame)
    done = world.take(base, OWN, gate=GATE)
    assert (done.new, done.quarantined) == (497, 3)
    rows = pd.read_parquet(quarantine.folder(base / "landed") / done.held[0] / "rows.parquet")
    assert rows["_why"].tolist() == [
        "km is not numeric",
        "km is out of range (0 to 100)",
        "id is missing, id is not a whole number",
    ] or rows["_why"].tolist() == ["km is not numeric", "km is out of range (0 to 100)", "id is missing"]


def test_both_gates_find_the_same_rows() -> None:
    frame = later()
    frame.loc[3, "km"], frame.loc[4, "km"], frame.loc[[7, 8], "id"] = -1.0, np.nan, 3001
    rules = [it for it in suite.values(OWN, layout()) + suite.unique(layout()) if not it.whole]
    real, plain = (it.judge("plausible", frame, rules).findings for it in (GATE, world.PlainGate()))
    assert [(it.column, it.rows) for it in real] == [(it.column, it.rows) for it in plain]
    assert {it.column for it in real} == {"km", "id"}


def layout() -> layouts.Layout:
    return layouts.resolve(OWN, manifest.Manifest(), later())


def test_release_after_a_fix_and_by_decision(base: Path) -> None:
    root = base / "landed"
    put(base, "3.csv", later().assign(km=lambda frame: frame["km"] + 100))
    name = world.take(base, OWN, gate=GATE).held[0]
    with pytest.raises(DataError, match="km is out of range"):
        decide.release(OWN, root, name, gate=GATE)
    wider = world.settings(folder="drop", columns={"km": {"kind": "numeric", "min": 0, "max": 200}})
    assert decide.release(wider, root, name, gate=GATE).batch.new == 300
    with pytest.raises(DataError, match="was released"):
        decide.release(wider, root, name, gate=GATE)
    assert manifest.load(root).quarantine[name].status == "released"
    assert len(landed.read(root)) == 1500


def test_accept_records_who_and_why_and_lands_what_can_be_stored(base: Path) -> None:
    root, frame = base / "landed", later().assign(km=-5.0).astype({"km": object})
    frame.loc[:9, "km"] = "far"
    put(base, "3.csv", frame)
    name = world.take(base, OWN, gate=GATE).held[0]
    done = decide.release(OWN, root, name, accept=decide.Decision("Ada", "sign lost, kept for the audit"), gate=GATE)
    assert (done.batch.new, done.left_out) == (290, 10)
    entry = manifest.load(root).quarantine[name]
    assert (entry.status, entry.by, entry.reason) == ("released", "Ada", "sign lost, kept for the audit")


def test_quarantined_rows_of_a_table_wait_and_do_not_come_again(tmp_path: Path) -> None:
    own, db, root = world.settings(), tmp_path / "rides.db", tmp_path / "landed"
    world.insert(db, world.rides(100))
    odd = world.rides(4, 1, first=500).astype({"updated_at": object})
    odd["updated_at"] = [None, "2099-01-01 00:00:00", "2025-04-01 00:00:00", "2025-04-01 00:00:00"]
    odd.loc[[2, 3], "km"] = -1.0
    world.insert(db, odd)
    done = world.take(tmp_path, own)
    assert (done.new, done.quarantined) == (100, 4)
    assert done.manifest.watermark == "2025-04-01T00:00:00"
    before = world.files(tmp_path)
    assert "nothing new" in world.take(tmp_path, own).sentence()
    assert world.files(tmp_path) == before
    for name in decide.listed(root)["id"]:
        decide.drop(own, root, name, decide.Decision(reason="test rides"))
    assert "nothing new" in world.take(tmp_path, own).sentence()
    world.change(db, "UPDATE rides SET km = 1, updated_at = '2025-04-02' WHERE id >= 500")
    assert world.take(tmp_path, own).new == 4


def test_a_row_that_was_corrected_meanwhile_is_not_overwritten_by_a_release(tmp_path: Path) -> None:
    own, db, root = world.settings(), tmp_path / "rides.db", tmp_path / "landed"
    world.insert(db, world.rides(10).assign(km=-1.0))
    name = world.take(tmp_path, own).held[0]
    world.change(db, "UPDATE rides SET km = 2, updated_at = '2025-04-02' WHERE id <= 6")
    world.take(tmp_path, own)
    done = decide.release(own, root, name, accept=decide.Decision("Ada", "as it was"))
    assert (done.batch.new, done.batch.changed, done.batch.duplicate) == (4, 0, 6)
    assert (landed.read(root).set_index("id")["km"].loc[1:6] == 2).all()


def test_the_digest_names_the_rules_of_project_toml_and_not_the_clock(base: Path) -> None:
    wider = world.settings(folder="drop", columns={"km": {"kind": "numeric", "min": 0, "max": 200}})
    assert suite.digest(OWN, layout()) == suite.digest(OWN, layout())
    assert suite.digest(OWN, layout()) != suite.digest(wider, layout())
    assert manifest.load(base / "landed").batches[-1].suite == suite.digest(OWN, layout())


def test_a_first_batch_without_any_good_row_does_not_fix_the_types(tmp_path: Path) -> None:
    own, db = world.settings(), tmp_path / "rides.db"
    world.insert(db, world.rides(5).assign(id=None, updated_at=None))
    assert world.take(tmp_path, own).quarantined == 5
    world.insert(db, world.rides(50))
    assert world.take(tmp_path, own, batch_rows=20).new == 50
    world.same(tmp_path / "landed", world.source_rows(db).dropna(subset=["id"]).reset_index(drop=True))
