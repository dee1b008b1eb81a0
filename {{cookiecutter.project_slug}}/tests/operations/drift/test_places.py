"""Places among edges are those of numpy's `searchsorted`, whatever the edges and the values are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from {{cookiecutter.package_name}}.operations.drift import places
from {{cookiecutter.package_name}}.operations.drift.places import Places

random = np.random.default_rng(11)
WILD = np.array([-np.inf, -1e308, -1.0, -5e-324, -0.0, 0.0, 5e-324, 1.0, 1e308, np.inf])
EDGES = {
    "skewed": np.exp(random.normal(0, 3, 300)),
    "both signs": random.normal(0, 1, 300),
    "around zero": np.r_[0.0, np.nextafter(0.0, 1.0)],
    "from zero on": np.r_[0.0, random.gamma(0.1, 1.0, 200)],
    "one value": np.r_[7.0, np.nextafter(7.0, np.inf)],
    "far apart": np.array([-1e300, -1e-300, 1e-300, 1e300]),
    "up to zero": np.array([-3.0, -2.0, -0.0]),
}


def values(edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The edges, what lies beside them, between them, and far from all of them."""
    beside = [np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)]
    between = np.interp(random.random(5000) * len(edges), np.arange(len(edges)), edges)
    return np.concatenate([edges, *beside, between, WILD])


@pytest.mark.parametrize("name", EDGES)
def test_places_are_those_of_a_search(name: str) -> None:
    edges = np.unique(EDGES[name])
    given = values(edges)
    assert np.array_equal(Places(edges).of(given), np.searchsorted(edges, given, side="right"))


def test_no_values_have_no_places() -> None:
    assert len(Places(np.array([1.0, 2.0])).of(np.empty(0))) == 0


def test_a_table_that_forgets_which_cells_hold_edges_is_seen() -> None:
    edges = np.unique(EDGES["skewed"])
    forgetful = Places(edges)
    forgetful.mixed[:] = False
    assert not np.array_equal(forgetful.of(edges), np.searchsorted(edges, edges, side="right"))


def test_the_table_stays_small_however_far_the_edges_reach() -> None:
    for edges in EDGES.values():
        assert len(Places(np.unique(edges)).places) <= places.CELLS + 4
