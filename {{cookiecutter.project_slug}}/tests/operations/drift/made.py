"""Tables with a known truth, their profiles, and checks of one against another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from {{cookiecutter.package_name}}.operations.drift import check, learn, profile, rules
from {{cookiecutter.package_name}}.operations.drift.check import Checked, Finding
from {{cookiecutter.package_name}}.operations.drift.profile import Profile, Watched
from {{cookiecutter.package_name}}.operations.drift.rules import Rules

START = np.datetime64("2026-01-05", "us")
DAY = timedelta(days=1)
NUMBER, NAME, TRUTH = Watched("km", "numeric"), Watched("zone", "categorical"), Watched("airport", "boolean")
ALL = (NUMBER, NAME, TRUTH)
QUICK = rules.parse({"check": {"replays": 200, "false_alarms": 0.05}})


def times(count: int, days: float = 28.0, first: float = 0.0) -> npt.NDArray[np.datetime64]:
    """Moments that are spread evenly over some days."""
    micros = (np.linspace(first, first + days, count, endpoint=False) * 86_400e6).astype(np.int64)
    return np.asarray(START + micros.astype("timedelta64[us]"))


def rows(count: int, seed: int = 0, *, days: float = 28.0, first: float = 0.0, **instead: Any) -> pa.Table:
    """Rows of all kinds; a column in the place of the usual one where it is given."""
    random = np.random.default_rng(seed)
    columns = {
        "at": times(count, days, first),
        "km": random.gamma(2.0, 3.0, count),
        "zone": random.choice(["north", "south", "east", "west"], count, p=[0.4, 0.3, 0.2, 0.1]),
        "airport": random.random(count) < 0.1,
    }
    return pa.table({**columns, **instead})


def table(values: Sequence[Any] | npt.NDArray[Any], kind: Any = None, days: float = 28.0) -> pa.Table:
    """One column, `x`, over some days."""
    return pa.table({"at": times(len(values), days), "x": pa.array(values, kind)})


def learned(source: Any, watched: Sequence[Watched] = ALL) -> Profile:
    return learn.run(source, watched, "at", DAY)


def sides(before: Any, after: Any, kind: str = "numeric", type_: Any = None) -> tuple[Profile, Profile]:
    """The profiles of one column's values before and after."""
    reference = learned(table(before, type_), [Watched("x", kind)])
    return reference, profile.window(table(after, type_, 7.0), reference)


def values(before: Any, after: Any, kind: str = "numeric", type_: Any = None) -> dict[str, float]:
    """Every measure of one column."""
    reference, window = sides(before, after, kind, type_)
    found = check.judge([reference], [window], {})
    return {it.measure: it.value for it in found.findings}


def checked(before: Any, after: Any, asked: Rules = QUICK, watched: Sequence[Watched] = ALL) -> Checked:
    return check.run([learned(before, watched)], [after], asked)


def one(found: Checked, column: str, measure: str) -> Finding:
    (it,) = (it for it in found.findings if (it.column, it.measure) == (column, measure))
    return it
