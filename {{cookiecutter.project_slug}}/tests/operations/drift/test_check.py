"""A check as a whole: no column and no measure is left out, what drifted is found, what cannot be judged is told."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from {{cookiecutter.package_name}}.operations.drift import calibrate, check, measures, profile
from {{cookiecutter.package_name}}.operations.drift.check import Checked
from {{cookiecutter.package_name}}.operations.drift.measures import (
    CHI_SQUARED,
    JENSEN_SHANNON,
    KOLMOGOROV_SMIRNOV,
    MISSING,
    OUT_OF_BOUNDS,
    PERFORMANCE,
    PSI,
    WASSERSTEIN,
)
from {{cookiecutter.package_name}}.operations.drift.profile import Watched

from . import made

BOTH = {JENSEN_SHANNON, PSI, MISSING, OUT_OF_BOUNDS}
EXPECTED = {
    "numeric": BOTH | {WASSERSTEIN, KOLMOGOROV_SMIRNOV},
    "categorical": BOTH | {CHI_SQUARED},
    "boolean": BOTH | {CHI_SQUARED},
}
random = np.random.default_rng(5)
# what changes in 1,400 rows of a week, and by which column and measure it must be found
FAULTS: dict[str, tuple[str, pa.Array, str, str]] = {
    "a shift": ("km", pa.array(random.gamma(2.0, 3.0, 1400) + 2), "km", KOLMOGOROV_SMIRNOV),
    "a unit": ("km", pa.array(random.gamma(2.0, 3.0, 1400) * 1.609), "km", WASSERSTEIN),
    "missing values": (
        "km",
        pa.array(np.where(random.random(1400) < 0.1, np.nan, random.gamma(2, 3, 1400))),
        "km",
        MISSING,
    ),
    "wild values": (
        "km",
        pa.array(np.where(random.random(1400) < 0.03, 1e6, random.gamma(2, 3, 1400))),
        "km",
        OUT_OF_BOUNDS,
    ),
    "another mix": ("zone", pa.array(random.choice(["north", "south", "east", "west"], 1400)), "zone", CHI_SQUARED),
    "a new name": ("zone", pa.array(random.choice(["north", "north ", "south", "east"], 1400)), "zone", OUT_OF_BOUNDS),
    "a flag stuck": ("airport", pa.array([False] * 1400), "airport", JENSEN_SHANNON),
    "a column gone": ("zone", pa.array([None] * 1400, pa.string()), "zone", MISSING),
}


def complete(found: Checked, watched: tuple[Watched, ...]) -> bool:
    """Every column is judged by every measure of its kind, once."""
    seen = sorted((it.column, it.measure) for it in found.findings if it.drifted is not None)
    return seen == sorted((it.name, measure) for it in watched for measure in EXPECTED[it.kind])


@pytest.fixture(scope="module")
def reference() -> profile.Profile:
    return made.learned(made.rows(5600))


def week(seed: int = 1, **instead: pa.Array) -> pa.Table:
    return made.rows(1400, seed, days=7.0, first=28.0, **instead)


def against(reference: profile.Profile, rows: pa.Table) -> Checked:
    return check.run([reference], [rows], made.QUICK)


def test_nothing_is_found_where_nothing_changed_and_nothing_is_left_out(reference: profile.Profile) -> None:
    found = against(reference, week())
    assert complete(found, made.ALL)
    assert not found.drifted
    assert found.sentence == "no drift: 16 checks on 1,400 rows"
    assert (found.blind, found.unjudged, found.groups) == ((), (), ())


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_where_it_is(name: str, reference: profile.Profile) -> None:
    column, values, where, measure = FAULTS[name]
    found = against(reference, week(**{column: values}))
    assert made.one(found, where, measure).drifted, found.sentence
    assert {it.column for it in found.alarms} == {where}
    assert found.sentence.startswith(f"DRIFT in {where} (1,400 rows)")


@pytest.mark.parametrize("name", FAULTS)
def test_with_an_infinite_threshold_no_fault_is_found(
    name: str, reference: profile.Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sabotage of the gate: what finds the faults above are the thresholds, and nothing else."""
    column, values, *_ = FAULTS[name]
    monkeypatch.setattr(calibrate, "LEAST", np.inf)
    assert not against(reference, week(**{column: values})).drifted


def test_a_check_that_skips_a_column_or_a_measure_is_seen(
    reference: profile.Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipping = replace(reference, watched=reference.watched[1:])
    assert not complete(against(skipping, week()), made.ALL)
    monkeypatch.delitem(measures.SHORT, PSI)
    original = check.values_of

    def fewer(*words: object) -> dict[str, object]:
        return {name: it for name, it in original(*words).items() if name != PSI}  # type: ignore[arg-type]

    monkeypatch.setattr(check, "values_of", fewer)
    assert not complete(against(reference, week()), made.ALL)


def test_too_few_rows_are_not_judged_and_that_is_told(reference: profile.Profile) -> None:
    found = against(reference, week(km=pa.array([1e9] * 1400)).slice(0, made.QUICK.check.rows - 1))
    assert not found.drifted
    assert {it.drifted for it in found.findings} == {None}
    assert found.unjudged == ("km", "zone", "airport")
    assert found.sentence == "NOT JUDGED: 199 rows in the window are too few"
    empty = against(reference, week().slice(0, 0))
    assert empty.sentence == "NOT JUDGED: 0 rows in the window are too few"


def losses(count: int, mean: float, days: float, seed: int = 0, known: float = 1.0) -> pa.Table:
    chance = np.random.default_rng(seed)
    values = np.where(chance.random(count) < known, chance.exponential(mean, count), np.nan)
    return pa.table({"at": made.times(count, days), "loss": pa.array(values, from_pandas=True)})


@pytest.mark.parametrize(
    ("mean", "drifted"), [(4.0, False), (3.0, False), (6.0, True)], ids=["same", "better", "worse"]
)
def test_performance_alarms_where_the_model_got_worse_only(mean: float, drifted: bool) -> None:
    watched = [Watched("loss", "numeric", "performance")]
    found = made.checked(losses(4000, 4.0, 28), losses(1000, mean, 7, 1, known=0.5), watched=watched)
    (it,) = found.findings
    assert (it.measure, it.drifted) == (PERFORMANCE, drifted)
    assert it.value == pytest.approx(mean / 4 - 1, abs=0.1)
    assert found.groups == (("performance",) if drifted else ())


def test_losses_that_are_not_known_yet_do_not_count_as_rows() -> None:
    watched = [Watched("loss", "numeric", "performance")]
    found = made.checked(losses(4000, 4.0, 28), losses(1000, 40.0, 7, 1, known=0.05), watched=watched)
    assert [it.drifted for it in found.findings] == [None]


def test_parts_are_judged_together_and_keep_their_rows() -> None:
    watched = [Watched("loss", "numeric", "performance")]
    references = [made.learned(made.rows(5600)), made.learned(losses(2000, 4.0, 10), watched)]
    found = check.run(references, [week(), losses(700, 8.0, 7, 2)], made.QUICK)
    assert [it.column for it in found.alarms] == ["loss"]
    said = found.as_json()
    assert [part["window"]["rows"] for part in said["parts"]] == [1400, 700]
    assert json.loads(json.dumps(said, allow_nan=False))["groups"] == ["performance"]


def test_thresholds_that_cannot_be_reached_are_named() -> None:
    """Where no half day is like another, windows of four days say little."""
    one_day = made.learned(made.rows(600, days=1.0))
    levels = np.repeat(np.arange(8.0), 75) * 50 + random.normal(size=600)
    jumps = made.learned(made.rows(600, days=4.0, km=pa.array(levels)))
    assert against(one_day, made.rows(600, 1, days=1.0)).blind == ()
    found = against(jumps, made.rows(600, 1, days=4.0, km=pa.array(levels)))
    assert ("km", JENSEN_SHANNON) in found.blind
