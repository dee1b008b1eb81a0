"""What is kept of a reference saves work, and never gives another answer than work would."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.model import project
from {{cookiecutter.package_name}}.model.project import Schema
from {{cookiecutter.package_name}}.operations.drift import (
    calibrate,
    forms,
    kept,
    learn,
    look,
    reference,
    rules,
)
from {{cookiecutter.package_name}}.operations.drift.check import Checked
from {{cookiecutter.package_name}}.operations.drift.kept import Shelf
from {{cookiecutter.package_name}}.operations.drift.rules import Rules
from {{cookiecutter.package_name}}.workspace import Workspace

from . import live, made
from .test_commands import TOML

BLOCK = rules.Rules().check.block
CLOCK = SimulatedClock(live.NOW)
Work = list[str]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """What was done anew, as it is done."""
    done: Work = []

    def noted(module: object, name: str, word: str) -> None:
        original = getattr(module, name)

        def note(*given: object) -> object:
            done.append(word)
            return original(*given)

        monkeypatch.setattr(module, name, note)

    noted(learn, "run", "profile")
    noted(calibrate, "of_shapes", "thresholds")
    return done


@pytest.fixture
def schema(tmp_path: Path) -> Schema:
    (tmp_path / "project.toml").write_text(TOML, encoding="utf-8")
    return project.load(tmp_path / "project.toml").schema_only


@pytest.fixture
def see(tmp_path: Path, schema: Schema) -> Callable[..., Checked]:
    """A check of one table against another, with all that is kept in one folder."""
    pq.write_table(made.rows(3000), tmp_path / "before.parquet")
    pq.write_table(made.rows(700, 1, days=7.0, first=28.0), tmp_path / "after.parquet")

    def see(asked: Rules = made.QUICK, schema: Schema = schema, shelf: str = "kept") -> Checked:
        paths = tmp_path / "before.parquet", tmp_path / "after.parquet"
        return look.tables(*paths, schema, asked, Shelf(tmp_path / shelf))

    return see


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "kept").iterdir())


def test_a_second_look_does_nothing_anew_and_says_the_same(see: Callable[..., Checked], work: Work) -> None:
    first = see()
    assert work == ["profile", "thresholds"]
    work.clear()
    second = see()
    assert work == []
    assert second.findings == first.findings
    assert second.as_json() == first.as_json()


def test_a_window_of_another_shape_has_its_own_thresholds(
    see: Callable[..., Checked], work: Work, tmp_path: Path
) -> None:
    see()
    work.clear()
    pq.write_table(made.rows(660, 2, days=7.0, first=28.0), tmp_path / "after.parquet")
    see()
    assert work == [], "about as many rows"
    pq.write_table(made.rows(300, 2, days=7.0, first=28.0), tmp_path / "after.parquet")
    see()
    assert work == ["thresholds"]


CHANGED: dict[str, tuple[dict[str, Any], Work]] = {
    "block": ({"check": {"block": "6h"}}, ["profile", "thresholds"]),
    "false alarms": ({"check": {"false_alarms": 0.1}}, ["thresholds"]),
    "replays": ({"check": {"replays": 201}}, ["thresholds"]),
    "seed": ({"check": {"seed": 8}}, ["thresholds"]),
    "rows": ({"check": {"rows": 20}}, ["thresholds"]),
    "a floor": ({"floors": {"population_stability_index": 0.5}}, ["thresholds"]),
    "window": ({"check": {"window": "8d"}}, []),
    "the budget": ({"alarm": {"budget": 9}}, []),
}
USUAL: dict[str, Any] = {"check": {"replays": 200, "false_alarms": 0.05}}


@pytest.mark.parametrize("name", CHANGED)
def test_a_setting_that_matters_makes_anew_what_it_matters_to(
    name: str, see: Callable[..., Checked], work: Work
) -> None:
    see()
    work.clear()
    change, again = CHANGED[name]
    asked = rules.parse({part: {**USUAL.get(part, {}), **change.get(part, {})} for part in {*USUAL, *change}})
    found = see(asked)
    assert work == again
    assert found.findings == see(asked, shelf="another").findings


def test_other_rows_are_another_reference(see: Callable[..., Checked], work: Work, tmp_path: Path) -> None:
    see()
    work.clear()
    pq.write_table(made.rows(3000, 9), tmp_path / "before.parquet")
    found = see()
    assert work == ["profile", "thresholds"]
    assert found.findings == see(shelf="another").findings


def test_other_columns_are_another_reference(see: Callable[..., Checked], schema: Schema, work: Work) -> None:
    see()
    work.clear()
    found = see(schema=schema.model_copy(update={"columns": {"km": schema.columns["km"]}}))
    assert work == ["profile", "thresholds"]
    assert {it.column for it in found.findings} == {"km"}


def damaged(path: Path, how: str, others: list[Path]) -> None:
    whole = path.read_bytes()
    if how == "cut off":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "altered":
        path.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
    elif how == "another's":
        path.write_bytes(next(it for it in others if it != path).read_bytes())
    else:
        path.unlink()
        path.mkdir()


DAMAGE = ["cut off", "empty", "altered", "another's", "a folder"]


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_file_is_made_anew(how: str, see: Callable[..., Checked], work: Work, tmp_path: Path) -> None:
    first = see()
    both = files(tmp_path)
    assert len(both) == 2
    for path in both:
        work.clear()
        saved = path.read_bytes()
        damaged(path, how, both)
        assert see().findings == first.findings
        assert len(work) == 1
        if path.is_dir():
            path.rmdir()
            path.write_bytes(saved)
        assert path.read_bytes() == saved, "and whole again"


def falsify(path: Path) -> bool:
    """Put other counts into a profile, in a file that can be read; False for a file of thresholds."""
    head, _, body = path.read_bytes().partition(b"\n")
    arrays = forms.unpacked(body)
    if "counts0" in arrays:
        arrays["counts0"] = arrays["counts0"][:, ::-1].copy()
        path.write_bytes(head + b"\n" + forms.packed(arrays))
    return "counts0" in arrays


def test_other_counts_in_a_file_are_no_answer(see: Callable[..., Checked], tmp_path: Path) -> None:
    first = see()
    assert sum(falsify(path) for path in files(tmp_path)) == 1
    assert see().findings == first.findings


def test_a_seal_that_believes_anything_is_seen(
    see: Callable[..., Checked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sabotage of the gate: without the digest such counts would be an answer."""
    monkeypatch.setattr(kept, "seal", lambda *_: b"sealed")
    first = see()
    assert sum(falsify(path) for path in files(tmp_path)) == 1
    assert see().findings != first.findings


def test_what_older_code_kept_is_not_read(
    see: Callable[..., Checked], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    see()
    work.clear()
    kept.code.cache_clear()
    monkeypatch.setattr(kept, "FORMAT", kept.FORMAT + 1)
    try:
        see()
    finally:
        kept.code.cache_clear()
    assert work == ["profile", "thresholds"]


def test_the_code_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "drift"
    shutil.copytree(Path(kept.__file__).parent, room)
    monkeypatch.setattr(kept, "__file__", str(room / "kept.py"))
    said = []
    for text in ("", "", "# another line\n"):
        (room / "bins.py").write_text((room / "bins.py").read_text(encoding="utf-8") + text, encoding="utf-8")
        kept.code.cache_clear()
        said.append(kept.code())
    kept.code.cache_clear()
    assert said[0] == said[1] != said[2]


def test_a_folder_that_cannot_be_written_to_costs_no_answer(see: Callable[..., Checked], tmp_path: Path) -> None:
    first = see()
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    assert see(shelf="file").findings == first.findings


def test_the_oldest_files_go(see: Callable[..., Checked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    for seed in range(4):
        see(rules.parse({"check": {"replays": 200, "false_alarms": 0.05, "seed": seed}}))
    assert len(files(tmp_path)) == 3


def test_tables_are_told_apart_by_all_of_their_files(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    said = []
    for name, count in (("1", 50), ("2", 60), ("2", 70)):
        pq.write_table(made.rows(count), folder / f"{name}.parquet")
        said.append(kept.of_files(folder))
    assert len(set(said)) == 3
    assert kept.of_files(folder) == said[-1]
    assert len(kept.of_files(folder / "1.parquet")) == 64


def test_a_served_model_s_second_look_reads_nothing_of_its_reference(root: Path, tmp_path: Path, work: Work) -> None:
    place = live.served(root, tmp_path / "repo")
    reference.find(place, CLOCK, BLOCK)
    assert work == ["profile", "profile"]
    live.keep(place, live.week())
    first = look.served(place, made.QUICK, CLOCK)
    assert work == ["profile", "profile", "thresholds"]
    work.clear()
    second = look.served(Workspace(place.root, "dev"), made.QUICK, CLOCK)
    assert work == []
    assert second.findings == first.findings
    live.keep(place, live.week(lambda rows: rows.assign(outcome=rows["outcome"] * 2), 3), "w")
    assert look.served(place, made.QUICK, CLOCK).groups == ("performance",)


def test_a_served_model_s_table_that_was_altered_is_profiled_anew(root: Path, tmp_path: Path, work: Work) -> None:
    place = live.served(root, tmp_path / "repo")
    before = reference.find(place, CLOCK, BLOCK)
    (path,) = place.folder.glob("monitor/*/table.parquet")
    rows = pq.read_table(path)
    at = rows.schema.get_field_index("km")
    pq.write_table(rows.set_column(at, "km", pa.array(np.full(len(rows), 5.0))), path)
    work.clear()
    after = reference.find(place, CLOCK, BLOCK)
    assert work == ["profile"]
    assert after.features.tallies["km"].present.max() == len(rows)
    assert before.features.tallies["km"].present.max() < len(rows)
