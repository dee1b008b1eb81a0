"""The check that no feature holds what was not known at its time: quiet on the right join, loud on one wrong row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from {{cookiecutter.package_name}}.features import join, leak, rows
from {{cookiecutter.package_name}}.features.featureset import Feature, FeatureSet
from {{cookiecutter.package_name}}.features.leak import Finding
from {{cookiecutter.package_name}}.model import frame

from . import world

BOTH = (world.traffic(), world.whole())


class World:
    """Landed trips, their values, and joins of them under any rule."""

    def __init__(self, folder: Path, found: FeatureSet, seed: int = 0) -> None:
        self.found, root = found, world.land(folder / "landed", world.trips(200, seed))
        self.paths = list(frame.files(root))
        self.files = world.run(root, folder / "store", found)[0].files
        self.observations = rows.observations(self.paths, found)

    def joined(self, rule: join.Rule | None = None) -> pa.Table:
        return join.join(self.observations, self.files, rule or join.rule(self.found))

    def findings(self, joined: pa.Table, sample: int | None = None) -> list[Finding]:
        return leak.check(self.found, self.paths, self.observations, joined, sample)


@pytest.mark.parametrize("found", BOTH, ids=lambda it: it.name)
@pytest.mark.parametrize("ttl", [world.TTL, 3 * world.HOUR], ids=["long", "short"])
def test_the_right_join_is_no_leak(tmp_path: Path, found: FeatureSet, ttl: timedelta) -> None:
    made = World(tmp_path, replace(found, ttl=ttl), 2)
    joined = made.joined()
    assert ttl < world.TTL or joined[found.names[0]].null_count < joined.num_rows / 2, "too little is known to say so"
    assert made.findings(joined) == []


@pytest.fixture(scope="module")
def by_set(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    """A world of each set, by its name; do not change it."""
    return {it.name: World(tmp_path_factory.mktemp(it.name), it) for it in BOTH}


@pytest.fixture
def made(by_set: dict[str, World]) -> World:
    return by_set["traffic"]


@pytest.mark.parametrize("name", ["traffic", "city"])
@pytest.mark.parametrize("delay", [timedelta(0), world.DELAY - world.HOUR])
def test_a_join_that_forgets_the_delay_is_caught(by_set: dict[str, World], name: str, delay: timedelta) -> None:
    made = by_set[name]
    wrong = made.joined(replace(join.rule(made.found), delay=delay))
    assert made.findings(wrong, sample=1)
    assert "from what was known by then" in made.findings(wrong)[0].sentence


def test_a_value_that_is_too_old_is_caught(tmp_path: Path) -> None:
    made = World(tmp_path, world.traffic(ttl=3 * world.HOUR))
    assert made.findings(made.joined(replace(join.rule(made.found), lookback=world.DAY)))


def swapped(right: pa.Table, other: pa.Table, row: int) -> pa.Table:
    return pa.concat_tables([right.slice(0, row), other.slice(row, 1), right.slice(row + 1)])


def test_one_single_row_of_the_future_is_caught(made: World) -> None:
    right, leaking = made.joined(), made.joined(replace(join.rule(made.found), delay=timedelta(0)))
    row = made.findings(leaking)[0].row
    planted = swapped(right, leaking, row)
    assert [it.row for it in made.findings(planted)] == [row]
    assert [it.row for it in made.findings(planted, sample=1)] == [row], "the times are looked at in every row"


@pytest.mark.parametrize("name", world.traffic().names)
def test_a_wrong_value_under_the_right_time_is_caught(made: World, name: str) -> None:
    right = made.joined()
    row = int(np.flatnonzero(right[name].is_valid())[50])
    values = right[name].to_pylist()
    values[row] += 1e-6
    wrong = right.set_column(right.column_names.index(name), name, pa.array(values))
    assert [(it.row, it.feature) for it in made.findings(wrong)] == [(row, name)]


def test_a_value_where_nothing_was_known_is_caught(made: World) -> None:
    right = made.joined()
    row = right["matched_at"].to_pylist().index(None)
    values = right["pace_3h"].to_pylist()
    values[row] = 1.0
    wrong = right.set_column(right.column_names.index("pace_3h"), "pace_3h", pa.array(values))
    assert [(it.row, it.feature) for it in made.findings(wrong)] == [(row, "pace_3h")]


def test_values_of_another_definition_are_caught(tmp_path: Path) -> None:
    made = World(tmp_path, world.traffic())
    older = (Feature("pace_3h", "label", "avg", world.DAY), world.traffic().features[1])
    made.found = world.traffic(features=older)
    assert {it.feature for it in made.findings(made.joined())} == {"pace_3h"}


def test_the_sample_is_of_the_size_that_was_asked_for_and_the_same_each_time() -> None:
    assert leak.chosen(10, None, 0) == leak.chosen(10, 10, 0) == list(range(10))
    some = leak.chosen(1000, 50, 3)
    assert some == leak.chosen(1000, 50, 3) == sorted(set(some))
    assert len(some) == 50
    assert some != leak.chosen(1000, 50, 4)
