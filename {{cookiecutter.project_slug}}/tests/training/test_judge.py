"""The step `evaluate`: model, baseline and champion on the same rows, which none of them learned from."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import evaluate, handoff, project
from {{cookiecutter.package_name}}.training import fit, judge, parts

from . import made

FOLDERS = ("model", "train", "test", "evaluation", "handoff")


@dataclass
class Judged:
    """A model that was fitted and judged, with what it left in `base`."""

    base: Path
    found: dict[str, Any]

    def judge(self, champion: Path) -> dict[str, Any]:
        """Judge it again, beside a champion."""
        model, train, test, out, folder = (self.base / name for name in FOLDERS)
        self.found = judge.run(model, train, test, champion, out, folder)
        return self.found


def fitted(base: Path, rows: pd.DataFrame, raw: dict[str, Any], champion: Path | None = None) -> Judged:
    """Fit on the earlier four fifths of `rows`, judge on the rest."""
    schema, cut = project.parse(raw).schema_only, len(rows) * 4 // 5
    for name, side in (("train", rows.iloc[:cut]), ("test", rows.iloc[cut:])):
        (base / name).mkdir(parents=True)
        side.to_parquet(base / name / parts.ROWS, index=False)
        handoff.write_json(base / name / parts.SCHEMA, schema.model_dump(mode="json"))
    fit.run(base / "train", base / "model")
    made = Judged(base, {})
    made.judge(champion or base)
    return made


def raw(**changes: Any) -> dict[str, Any]:
    """The project of these tests, as read, with other keys in some of its tables."""
    found = tomllib.loads(made.PROJECT)
    return {**found, **{name: {**found[name], **values} for name, values in changes.items()}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "RESAMPLES", 40)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """A model that was judged without a champion. `first` is a copy of it."""
    base = tmp_path_factory.mktemp("judged")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_NOTES", str(base / "notes.json"))
        patch.setattr(evaluate, "RESAMPLES", 40)
        return fitted(base / "first", made.rows(500), raw())


@pytest.fixture
def first(once: Judged, tmp_path: Path, notes: Path) -> Judged:
    shutil.copyfile(once.base.parent / "notes.json", notes)
    return Judged(shutil.copytree(once.base, tmp_path / "first"), once.found)


def test_without_a_champion_there_is_no_duel(first: Judged, notes: Path) -> None:
    assert first.found["champion"] is None
    said = made.read(notes)["metrics"]
    assert said["test_mae"] < said["baseline_mae"]
    assert said["test_rows"] == 100
    assert "gain_over_champion" not in said


def test_the_hand_off_is_whole_and_holds_the_model_s_own_bytes(first: Judged) -> None:
    loaded = handoff.load(first.base / "handoff")
    assert loaded.digest == handoff.sha256(first.base / "model" / handoff.MODEL) == first.found["model_sha256"]
    assert {it.name for it in (first.base / "evaluation" / "plots").iterdir()} >= {"residuals.png", "importance.png"}


def test_the_predictions_are_the_model_s_for_every_row_that_it_was_judged_on(first: Judged) -> None:
    kept = pd.read_parquet(first.base / "evaluation" / judge.PREDICTIONS)
    rows, _ = parts.read(first.base / "test")
    assert list(kept) == ["id", "at", "minutes", "predicted_0"]
    assert kept["id"].tolist() == rows["id"].tolist()
    assert np.abs(kept["predicted_0"] - kept["minutes"]).mean() == pytest.approx(first.found["model"]["mae"])


def test_an_equal_champion_is_met_with_a_gain_of_nothing(first: Judged, notes: Path) -> None:
    found = first.judge(first.base / "handoff")["champion"]
    assert (found["rows"], found["gain"], found["low"], found["problem"]) == (100, 0.0, 0.0, "")
    assert made.read(notes)["metrics"]["gain_over_champion"] == 0.0


def test_a_better_champion_is_seen_in_the_gain_and_in_each_slice(first: Judged, tmp_path: Path) -> None:
    worse = fitted(tmp_path / "worse", made.rows(500).assign(km=1.0), raw(), first.base / "handoff")
    better = fitted(tmp_path / "better", made.rows(500), raw(), worse.base / "handoff")
    found = better.found["champion"]
    assert found["gain"] > 0
    assert found["low"] > 0
    assert found["champion"] > found["model"]
    assert {it["value"] for it in found["slices"]} == {"north", "south"}


# --- rows that the champion learned from


@pytest.fixture
def later(first: Judged) -> Path:
    """A champion that learned from half of the rows on which it would be judged."""
    rows, _ = parts.read(first.base / "test")
    about = made.read(first.base / "handoff" / handoff.SCHEMA)
    trained = {**about["trained"], "to": rows["at"].iloc[49].isoformat()}
    champion = shutil.copytree(first.base / "handoff", first.base / "later")
    made.rewrite(champion / handoff.SCHEMA, trained=trained)
    (champion / handoff.SUMS).write_text(handoff.sums(champion), encoding="utf-8", newline="\n")
    return champion


def test_a_champion_is_judged_only_on_rows_later_than_its_own(first: Judged, later: Path) -> None:
    assert first.judge(later)["champion"]["rows"] == 50


def test_the_model_is_measured_on_those_same_rows(first: Judged, later: Path) -> None:
    kept = pd.read_parquet(first.base / "evaluation" / judge.PREDICTIONS).iloc[50:]
    expected = np.abs(kept["predicted_0"] - kept["minutes"]).mean()
    found = first.judge(later)
    assert found["champion"]["model"] == pytest.approx(expected)
    assert found["model"]["mae"] != pytest.approx(expected), "over all rows it is another figure"


def test_a_champion_that_knows_all_rows_cannot_be_compared(first: Judged, later: Path) -> None:
    rows, _ = parts.read(first.base / "test")
    about = made.read(later / handoff.SCHEMA)
    made.rewrite(later / handoff.SCHEMA, trained={**about["trained"], "to": rows["at"].iloc[-1].isoformat()})
    (later / handoff.SUMS).write_text(handoff.sums(later), encoding="utf-8", newline="\n")
    found = first.judge(later)["champion"]
    assert (found["rows"], found["gain"]) == (0, None)
    assert "no test row is later" in found["problem"]


def test_a_champion_that_needs_a_column_which_is_gone_cannot_be_compared(first: Judged, tmp_path: Path) -> None:
    columns = raw()["columns"] | {"rain": {"kind": "numeric"}}
    wet = fitted(tmp_path / "wet", made.rows(500).assign(rain=np.arange(500.0)), {**raw(), "columns": columns})
    assert "needs rain" in first.judge(wet.base / "handoff")["champion"]["problem"]


def test_an_altered_champion_is_no_champion(first: Judged, later: Path) -> None:
    (later / handoff.RESPONSE).write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="checksum differs"):
        first.judge(later)


# --- classes and curves


def classed(count: int, names: list[str]) -> pd.DataFrame:
    """Rows whose class is known by their length."""
    rows = made.rows(count)
    cuts = np.quantile(rows["km"], np.linspace(0, 1, len(names) + 1)[1:-1])
    return rows.assign(minutes=np.array(names, dtype=object)[np.digitize(rows["km"], cuts)])


BOOSTED = {"task": "binary", "estimator": "hist-gradient-boosting"}
BINARY = {"training": BOOSTED, "metric": {"name": "roc_auc", "direction": "higher"}}


def test_two_classes_are_compared_by_their_probabilities(tmp_path: Path) -> None:
    # the first in the alphabet is the one that is looked for
    told = raw(table={"classes": ["short", "long"]}, **BINARY)
    base = fitted(tmp_path / "one", classed(500, ["short", "long"]), told)
    found = base.judge(base.base / "handoff")
    assert found["model"]["roc_auc"] > 0.95
    assert found["champion"]["gain"] == 0.0
    assert list(pd.read_parquet(base.base / "evaluation" / judge.PREDICTIONS))[-2:] == ["predicted_0", "predicted_1"]


def test_a_champion_of_other_classes_cannot_be_compared(tmp_path: Path) -> None:
    several = {"training": {"task": "multiclass"}, "metric": {"name": "accuracy", "direction": "higher"}}
    old = fitted(tmp_path / "old", classed(500, ["a", "b", "c"]), raw(**several))
    new = fitted(tmp_path / "new", classed(500, ["a", "b", "d"]), raw(**several), old.base / "handoff")
    assert "knows other classes" in new.found["champion"]["problem"]


def test_a_boosted_model_shows_the_metric_after_each_stage(tmp_path: Path, notes: Path) -> None:
    boosted = fitted(tmp_path / "boosted", classed(500, ["long", "short"]), raw(**BINARY))
    (curve,) = made.read(notes)["curves"].values()
    stages = [at for at, _ in curve]
    assert stages == sorted(set(stages))
    assert len(stages) >= judge.CURVE_POINTS
    assert curve[-1][1] == pytest.approx(boosted.found["model"]["roc_auc"])


def test_another_estimator_has_no_curve(first: Judged, notes: Path) -> None:
    assert first.found["metric"] == "mae"
    assert made.read(notes)["curves"] == {}
