"""`mlops monitor` on tables: the sample's roadworks, real data, and words that cannot be meant."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.operations.drift import check, page, pictures
from {{cookiecutter.package_name}}.operations.drift.commands import monitor_command

from . import city, made

TOML = """
[source]
folder = "drop"
[table]
path = "rows.csv"
timestamp = "at"
target = "minutes"
[columns]
km = { kind = "numeric" }
zone = { kind = "categorical" }
airport = { kind = "boolean" }
[training]
task = "regression"
[metric]
name = "mae"
direction = "lower"
"""


@pytest.fixture(autouse=True)
def repo(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "project.toml").write_text(TOML, encoding="utf-8")
    shutil.copyfile(root / "monitor.toml", tmp_path / "monitor.toml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(monitor_command, words)


def tables(folder: Path, **instead: pa.Array) -> list[str]:
    """Four weeks, and the week after, as the options that name them."""
    before, after = made.rows(5600), made.rows(1400, 1, days=7.0, first=28.0, **instead)
    for name, rows, seed in (("before", before, 0), ("after", after, 1)):
        minutes = made.rows(len(rows), seed + 5)["km"]
        pq.write_table(rows.append_column("minutes", minutes), folder / f"{name}.parquet")
    return ["--reference", str(folder / "before.parquet"), "--window", str(folder / "after.parquet")]


def test_tables_are_held_against_each_other(repo: Path) -> None:
    quiet = run(*tables(repo))
    assert quiet.exit_code == 0, quiet.output
    assert "no drift: 22 checks on 1,400 rows" in quiet.output
    stuck = run(*tables(repo, zone=pa.array(["north"] * 1400)), "--out", "elsewhere")
    assert stuck.exit_code == 1
    assert "DRIFT in zone" in stuck.output
    said = json.loads((repo / "elsewhere" / "monitor.json").read_text(encoding="utf-8"))
    assert said["title"] == "after.parquet against before.parquet"
    assert {it["column"] for it in said["findings"]} == {"km", "zone", "airport", "minutes"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--reference", "a.csv"], "name both --reference and --window"),
        (["--reference", "a.csv", "--window", "b.csv", "--until", "2026-01-01"], "leave them out with tables"),
        (["--until", "2026-01-01T00:00:00"], "has no offset"),
    ],
)
def test_words_that_cannot_be_meant_are_told(words: list[str], said: str) -> None:
    ran = run(*words)
    assert ran.exit_code == 2
    assert said in ran.output


def hours(year: int, growth: float) -> pa.Table:
    """A scheme of bikes by the hour, as real ones are: the weather of a year, and riders who become more."""
    random = np.random.default_rng(year)
    at = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[h]").astype("datetime64[us]")
    days = (at - at[0]) / np.timedelta64(1, "D")
    temperature = 15 - 12 * np.cos(2 * np.pi * days / 365) + random.normal(0, 3, 400)[days.astype(int)]
    by_hour = 1 + np.sin(2 * np.pi * (days % 1) - np.pi / 2)
    riders = random.poisson(20 * growth * by_hour * np.clip(temperature + 15, 1, None) / 15)
    sky = random.choice(["clear", "mist", "rain"], 400, p=[0.65, 0.26, 0.09])[days.astype(int)]
    return pa.table({"at": at, "km": temperature, "zone": sky, "airport": (days + 5) % 7 < 2, "minutes": riders})


def test_a_year_in_which_more_people_ride_is_not_like_the_one_before(repo: Path) -> None:
    words = []
    for option, year, growth in (("--reference", 2011, 1.0), ("--window", 2012, 1.7), ("--window", 2013, 1.0)):
        path = repo / f"{year}.csv"
        hours(year, growth).to_pandas().to_csv(path, index=False)
        words.append([option, str(path)])
    grown, same = run(*words[0], *words[1]), run(*words[0], *words[2])
    assert grown.exit_code == 1, grown.output
    assert "DRIFT in minutes (8,784 rows)" in grown.output
    assert same.exit_code == 0, same.output


def test_an_empty_table_is_told(repo: Path) -> None:
    words = tables(repo)
    pq.write_table(pq.read_table("after.parquet").slice(0, 0), "after.parquet")
    assert isinstance(run(*words).exception, DataError)


@pytest.mark.parametrize("roadworks", [False, True])
def test_the_sample_s_roadworks_are_found(roadworks: bool, root: Path, tmp_path: Path) -> None:
    world = city.world(root, tmp_path, 14_000, roadworks=roadworks)
    found = check.run(world.references, world.windows, made.QUICK)
    assert ("performance" in found.groups) == roadworks, found.sentence
    assert set(found.groups) <= {"performance", "prediction"}, "roads are slower, and trips as they were"


def test_a_page_is_drawn_of_windows_that_hold_nothing(tmp_path: Path) -> None:
    found = made.checked(made.rows(600), made.rows(0))
    written = page.write(found, tmp_path / "out", "nothing <came>")
    text = written.read_text(encoding="utf-8")
    assert "NOT JUDGED" in text
    assert "nothing &lt;came&gt;" in text
    assert "too few rows" in text


def test_each_measure_of_each_column_has_its_row_over_time() -> None:
    found = made.checked(made.rows(2800), made.rows(700, 1, days=7.0, first=28.0))
    (reference,), (window,) = found.references, found.windows
    for column in reference.watched:
        rows = pictures.of_stretches(reference, window, column)
        assert set(rows) == {it.measure for it in found.findings if it.column == column.name}
        assert {len(it) for it in rows.values()} == {window.grid.cells}
