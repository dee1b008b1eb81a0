"""Describing tables whose truth is known: what gives the target away is reported, and nothing else is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import describe, frame, peek, project, proposal

COUNT = 1200


def honest(seed: int = 5) -> pd.DataFrame:
    """A table of which nothing gives `y` away, though `size` is strong and `twin` goes with `size`."""
    random = np.random.default_rng(seed)
    size = random.gamma(3.0, 2.0, COUNT)
    table = pd.DataFrame({"order_id": np.arange(1000, 1000 + COUNT)})
    table["created_at"] = pd.date_range("2024-01-01", periods=COUNT, freq="7h")
    table["size"], table["twin"] = size, size + random.normal(0, 0.05, COUNT)
    table["season"], table["kind"] = random.integers(1, 5, COUNT), random.choice(["a", "b", "c"], COUNT)
    table["customer_id"] = random.integers(1, 60, COUNT)
    table["holiday"], table["rain"] = random.integers(0, 2, COUNT), random.normal(5, 1, COUNT)
    table.loc[::9, "rain"] = np.nan
    table["y"] = 3 * size + 5 * (table["kind"] == "a") + random.normal(0, 4, COUNT) + 40
    return table


def proposed(table: pd.DataFrame, tmp_path: Path, target: str = "y") -> proposal.Proposal:
    frame.write(table, tmp_path / "t.csv")
    return describe.propose(tmp_path / "t.csv", target, shown_path="data/t.csv")


def loaded(found: proposal.Proposal) -> project.Project:
    return project.parse(tomllib.loads(found.toml()))


def noise(scale: float) -> npt.NDArray[np.float64]:
    return np.random.default_rng(9).normal(0, scale, COUNT)


def with_parts(table: pd.DataFrame) -> pd.DataFrame:
    part = np.round(table["y"] * np.random.default_rng(1).uniform(0.2, 0.8, COUNT), 3)
    return table.assign(part=part, rest=table["y"] - part)


def with_price(table: pd.DataFrame) -> pd.DataFrame:
    price = np.random.default_rng(1).uniform(1, 5, COUNT)
    return table.assign(price=price, y=price * table["size"]).drop(columns="twin")


def rising(table: pd.DataFrame) -> pd.DataFrame:
    """Later rows lie beyond all that the earlier ones had, so that these alone would not tell."""
    y = table["y"] + np.arange(COUNT)
    return table.assign(y=y, bent=np.exp(y / 200))


LEAKS: dict[str, tuple[Any, set[str]]] = {
    "sum of two": (with_parts, {"part", "rest"}),
    "other unit": (lambda t: t.assign(fahrenheit=t["y"] * 1.8 + 32), {"fahrenheit"}),
    "monotone": (lambda t: t.assign(bent=np.exp(t["y"] / 9)), {"bent"}),
    "monotone, and rising": (rising, {"bent"}),
    "nearly the same": (lambda t: t.assign(near=t["y"] + noise(0.2)), {"near"}),
    "bucket": (lambda t: t.assign(bucket="b" + (t["y"] // 1).astype(int).astype(str)), {"bucket"}),
    "product": (with_price, {"price", "size"}),
    "end minus start": (lambda t: t.assign(ended=t["created_at"] + pd.to_timedelta(t["y"], unit="min")), {"ended"}),
    "sum and a copy of a part": (lambda t: with_parts(t).assign(copy=lambda u: u["part"]), {"part", "rest", "copy"}),
}


@pytest.mark.parametrize(("spoil", "leaking"), LEAKS.values(), ids=LEAKS)
def test_what_gives_the_target_away_is_reported_and_left_out(tmp_path: Path, spoil: Any, leaking: set[str]) -> None:
    found = proposed(spoil(honest()), tmp_path)
    assert set(found.leaking) == leaking
    assert not leaking & set(loaded(found).columns)
    for name in leaking:
        assert f"# left out: {name}: GIVES THE TARGET AWAY" in found.toml()
        assert f"WARNING: {name} GIVES THE TARGET AWAY" in found.report()


@pytest.mark.parametrize("seed", range(4))
def test_an_honest_table_raises_no_alarm(tmp_path: Path, seed: int) -> None:
    found = proposed(honest(seed), tmp_path)
    assert found.leaking == ()
    assert "GIVES" not in found.report()


@pytest.mark.parametrize(
    ("task", "cuts"), [("binary", [60.0]), ("multiclass", [50.0, 65.0])], ids=["binary", "multiclass"]
)
def test_classes_leaks_and_false_alarms(tmp_path: Path, task: str, cuts: list[float]) -> None:
    table = honest()
    codes = np.digitize(table["y"], cuts)
    table["bought"] = np.array(["no", "perhaps", "yes"], dtype=object)[codes]
    table["refunded_at_desk"] = np.where(codes == 0, "x", np.where(codes == 1, "y", "z"))
    table["hint"] = np.where(np.random.default_rng(1).random(COUNT) < 0.8, codes, 0) + noise(0.3)
    found = proposed(table.drop(columns="y"), tmp_path, "bought")
    assert (found.task, found.leaking) == (task, ("refunded_at_desk",))
    assert loaded(found).training.task == task


def test_missing_values_that_give_the_class_away(tmp_path: Path) -> None:
    table = honest()
    table["churned"] = np.random.default_rng(2).integers(0, 2, COUNT)
    table["exit_fee"] = np.where(table["churned"] == 1, noise(3.0), np.nan)
    found = proposed(table.drop(columns="y"), tmp_path, "churned")
    assert found.leaking == ("exit_fee",)
    assert found.classes == ("0", "1")


def test_kinds_roles_and_features_of_an_honest_table(tmp_path: Path) -> None:
    found = proposed(honest(), tmp_path)
    settings = loaded(found)
    kinds = {name: column.kind for name, column in settings.columns.items()}
    assert kinds == {
        "size": "numeric", "twin": "numeric", "season": "categorical", "kind": "categorical",
        "customer_id": "categorical", "holiday": "boolean", "rain": "numeric",
    }  # fmt: skip
    assert [name for name, column in settings.columns.items() if column.nullable] == ["rain"]
    assert (settings.table.timestamp, settings.table.key) == ("created_at", ("order_id",))
    assert settings.table.entity == "customer_id"
    assert (settings.table.path, settings.source.folder) == ("data/t.csv", "data")
    assert settings.features.calendar == ("hour", "weekday")
    assert settings.training.slices == ("season", "kind", "holiday")
    assert "# left out: order_id: has another value in each row" in found.toml()


def test_useless_columns_are_left_out_with_their_reason(tmp_path: Path) -> None:
    table = honest().assign(constant=1, empty=None, prose="a long story " * 6 + pd.Series(range(COUNT)).astype(str))
    table["marked"] = table["size"].round(2).astype(str).where(table.index % 40 > 0, "?")
    found = proposed(table, tmp_path)
    assert set(found.left_out) == {"order_id", "constant", "empty", "prose", "marked"}
    assert "marked is a number but for '?' and the like in 30 rows" in found.report()


def test_high_cardinality_mostly_missing_and_repeated_rows_are_warned_of(tmp_path: Path) -> None:
    table = honest().assign(street=[f"street {number % 400}" for number in range(COUNT)])
    table["seldom"] = table["rain"].where(table.index % 5 == 0)
    report = proposed(pd.concat([table, table.head(3)]), tmp_path).report()
    assert "WARNING: street has 400 values" in report
    assert "WARNING: seldom is missing in" in report
    assert "WARNING: 3 rows are there twice" in report


def test_of_several_times_the_one_that_starts_the_row_is_taken(tmp_path: Path) -> None:
    table = honest()
    later = np.random.default_rng(0).gamma(2, 60, COUNT)
    table["aaa_updated"] = table["created_at"] + pd.to_timedelta(later, unit="min")
    found = proposed(table, tmp_path)
    assert found.timestamp == "created_at"
    assert "created_at is taken as the row's own, aaa_updated left out" in found.report()


@pytest.mark.parametrize("name", ["customer id", 'quo"te', "größe", "a.b", "back\\slash"])
def test_any_column_name_makes_a_file_that_loads(tmp_path: Path, name: str) -> None:
    found = proposed(honest().rename(columns={"size": name}), tmp_path)
    assert name in loaded(found).columns


REFUSED: dict[str, tuple[str, str]] = {
    "empty": ("", "is empty"),
    "header only": ("at,y\n", "has a header and no rows"),
    "two columns of one name": ("at,a,a,y\n2025-01-01,1,2,3\n", "2 columns called 'a'"),
    "a column without a name": ("at,,y\n2025-01-01,1,2\n", "column 2 has no name"),
    "no header": ("1.5,2,3\n4,5,6\n", "starts with the values"),
    "semicolons": ("at;a;y\n2025-01-01;1;2\n", "has the one column"),
    "no target": ("at,a\n2025-01-01,1\n", "no column 'y'"),
    "target always the same": ("at,a,y\n2025-01-01,1,2\n2025-01-02,1,2\n", "is always"),
    "target empty": ("at,a,y\n2025-01-01,1,\n2025-01-02,1,\n", "has no value at all"),
    "no time": ("a,y\n1,2\n2,3\n3,9\n", "no column that reads as a time"),
    "foreign time": ("at,a,y\n31/01/2025,1,2\n30/01/2025,2,3\n30/01/2025,3,9\n", "write times as 2026-01-31T08:00:00"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_described_is_refused_with_the_reason(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(errors.DataError) as caught:
        describe.propose(path, "y", shown_path="t.csv")
    assert said in str(caught.value)
    assert caught.value.fix


def test_a_large_file_is_looked_at_in_part_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peek, "ENOUGH", 300)
    for name in ("t.csv", "t.parquet"):
        frame.write(honest(), tmp_path / name)
        found = describe.propose(tmp_path / name, "y", shown_path=name)
        assert (found.rows, found.step) == (COUNT, 4)
        assert "of which every 4th was looked at" in found.report()
        assert loaded(found).table.timestamp == "created_at"


def test_writing_keeps_the_old_file_and_needs_force(tmp_path: Path) -> None:
    found, path = proposed(honest(), tmp_path), tmp_path / "project.toml"
    assert describe.write(found, path, force=False) is None
    assert project.load(path) == loaded(found)
    path.write_text("# mine\n", encoding="utf-8")
    with pytest.raises(errors.ProjectError, match="is there already"):
        describe.write(found, path, force=False)
    kept = describe.write(found, path, force=True)
    assert kept is not None
    assert kept.read_text(encoding="utf-8") == "# mine\n"
