"""Windows of one shape share thresholds: about as many rows, as many stretches, the same columns judged."""

from __future__ import annotations

import numpy as np
import pytest

from {{cookiecutter.package_name}}.operations.drift import profile, shapes
from {{cookiecutter.package_name}}.operations.drift.profile import Profile, Watched
from {{cookiecutter.package_name}}.operations.drift.shapes import Shape

from . import made


@pytest.fixture(scope="module")
def reference() -> Profile:
    return made.learned(made.rows(5600))


def shape(reference: Profile, count: int, days: float = 7.0) -> Shape:
    window = profile.window(made.rows(count, 1, days=days, first=28.0), reference)
    return shapes.of(reference, window, made.QUICK)


def test_a_few_rows_more_or_less_change_no_shape(reference: Profile) -> None:
    assert shape(reference, 1400) == shape(reference, 1300)
    assert shape(reference, 1400) != shape(reference, 1100)
    assert shape(reference, 1400) != shape(reference, 1400, 3.0)
    assert shape(reference, 199).judged == ()
    assert shape(reference, 200).judged == ("km", "zone", "airport")


def test_what_stands_for_a_number_of_rows_is_never_more_and_hardly_less() -> None:
    rows = np.arange(1, 5000)
    stands = np.array([shapes.alike(int(it)) for it in rows])
    assert (stands <= rows).all()
    assert (stands > rows * (1 - 1 / shapes.STEPS)).all()
    assert shapes.alike(0) == 0


def test_of_losses_those_count_that_are_known() -> None:
    watched = [Watched("x", "numeric", "performance")]
    reference = made.learned(made.table(np.ones(600)), watched)
    window = profile.window(made.table(np.where(np.arange(600) < 130, 1.0, np.nan), days=7.0), reference)
    found = shapes.of(reference, window, made.QUICK)
    assert (found.rows, found.judged, found.known) == (576, (), (("x", 128),))
