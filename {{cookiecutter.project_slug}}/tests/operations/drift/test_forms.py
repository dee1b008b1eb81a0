"""What is kept comes back as it was, whatever the columns hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from {{cookiecutter.package_name}}.operations.drift import calibrate, check, forms, profile
from {{cookiecutter.package_name}}.operations.drift.profile import Profile, Watched

from . import made

COLUMNS: dict[str, tuple[Any, str]] = {
    "even numbers": (np.linspace(0, 1, 500), "numeric"),
    "skewed numbers": (np.exp(np.linspace(-9, 9, 500)), "numeric"),
    "one number": ([7.0] * 500, "numeric"),
    "wild numbers": ([np.inf, -np.inf, np.nan, 1e30, *[1.0] * 496], "numeric"),
    "no numbers": (pa.array([None] * 500, pa.float64()), "numeric"),
    "names": (["a", None, "ü\ud7ff", "", *["b'\"\n"] * 496], "categorical"),
    "many names": ([f"name {it}" for it in range(500)], "categorical"),
    "truths": ([True, False, None, True] * 125, "boolean"),
}


def again(it: Profile) -> Profile:
    return forms.to_profile(forms.unpacked(forms.packed(forms.of_profile(it))))


def same(one: Profile, other: Profile) -> bool:
    """Bytes and facts are equal: no figure is rounded on the way."""
    return forms.packed(forms.of_profile(one)) == forms.packed(forms.of_profile(other))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_profile_comes_back_as_it_was(name: str) -> None:
    values, kind = COLUMNS[name]
    before = made.learned(made.table(values), [Watched("x", kind)])
    back = again(before)
    assert same(before, back)
    assert (back.watched, back.grid, back.rows, back.span) == (before.watched, before.grid, before.rows, before.span)
    if kind != "numeric":
        assert back.bins == before.bins
    window = made.table(values[:300], days=7.0)
    one, other = (profile.window(window, it).tallies["x"].counts for it in (before, back))
    assert np.array_equal(one, other)


def test_thresholds_come_back_and_judge_the_same() -> None:
    reference = made.learned(made.rows(3000))
    window = profile.window(made.rows(700, 1, days=7.0), reference)
    before = calibrate.thresholds([reference], [window], made.QUICK)
    back = forms.to_thresholds(forms.unpacked(forms.packed(forms.of_thresholds(before))))
    assert list(back) == list(before)
    judged = [check.judge([reference], [window], it).findings for it in (before, back)]
    assert judged[0] == judged[1]
    assert forms.to_thresholds(forms.of_thresholds({})) == {}


def test_a_digest_tells_every_difference() -> None:
    it = made.learned(made.rows(600))
    tally = it.tallies["km"]
    others = [
        replace(it, rows=601),
        replace(it, timestamp="when"),
        replace(it, tallies={**it.tallies, "km": replace(tally, counts=tally.counts[::-1])}),
        replace(it, tallies={**it.tallies, "km": replace(tally, beyond=1.0)}),
        replace(it, bins={**it.bins, "zone": it.bins["airport"]}),
        replace(it, watched=it.watched[:2]),
    ]
    assert len({forms.digest(one) for one in (it, *others)}) == len(others) + 1
    assert forms.digest(again(it)) == forms.digest(it)
