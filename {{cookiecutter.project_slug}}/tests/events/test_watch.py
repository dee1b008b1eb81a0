"""New data is told, once for each state, and by whoever looks."""

from __future__ import annotations

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.events import outbox, watch
from {{cookiecutter.package_name}}.workspace import Workspace, database

from . import made


def test_a_state_is_told_once(place: Workspace, clock: SimulatedClock) -> None:
    assert not watch.run(place, clock), "nothing is landed"
    first = made.landed(place, "a", rows=5)
    assert [watch.run(place, clock) for _ in range(3)] == [True, False, False]
    second = made.landed(place, "b", rows=7)
    assert [watch.run(place, clock) for _ in range(2)] == [True, False]
    with database(place.state) as connection:
        told = [entry.event for entry in outbox.entries(connection)]
    assert [event.data for event in told] == [{"state": first, "rows": 5}, {"state": second, "rows": 12}]
    assert {(event.type, event.source) for event in told} == {("Mlops.DataLanded", made.SOURCE)}


def test_each_workspace_tells_for_itself(place: Workspace, clock: SimulatedClock) -> None:
    made.landed(place)
    other = Workspace(place.root, "test")
    assert (watch.run(place, clock), watch.run(other, clock)) == (True, True)
