"""However a run ends, it is recorded: here with its event, and in MLflow."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.errors import MlopsError, ModelError
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.training import ending, facts, mlflows
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

CLOCK = SimulatedClock(datetime(2035, 3, 1, tzinfo=UTC))


def go(place: Workspace, error: BaseException | None = None) -> None:
    """A run that ends by `error`, or well."""
    facts.begin(place, "r1", "training", "by hand", "", "", CLOCK.now())
    with ending.recorded(place, "r1", CLOCK) as found:
        found.tracked = mlflows.start(place, "training", "r1", {"run": "r1"})
        found.version = "9"
        if error is not None:
            raise error


def outcome(place: Workspace) -> tuple[str, str, str]:
    """(status, what it said, MLflow's status) of the run."""
    fact = facts.latest(place)[0]
    client = made.registered(place).client
    (tracked,) = client.search_runs(["1"], "tags.run = 'r1'")
    return fact.status, fact.said, str(tracked.info.status)


ENDS = {
    "an error of ours": (ModelError("it broke", fix="mend it"), "it broke"),
    "Ctrl+C": (KeyboardInterrupt(), "it was broken off by KeyboardInterrupt"),
    "a fault in the code": (ZeroDivisionError(), "it was broken off by ZeroDivisionError"),
}


@pytest.mark.parametrize(("error", "said"), ENDS.values(), ids=ENDS)
def test_a_run_that_is_broken_off_is_recorded_as_failed(place: Workspace, error: BaseException, said: str) -> None:
    with pytest.raises(type(error)):
        go(place, error)
    assert outcome(place) == ("Failed", said, "FAILED")


def test_a_run_that_goes_through_is_recorded_as_completed(place: Workspace) -> None:
    go(place)
    assert outcome(place) == ("Completed", "", "FINISHED")
    assert facts.latest(place)[0].version == "9"


def test_where_mlflow_is_lost_at_the_end_our_record_is_kept(place: Workspace) -> None:
    facts.begin(place, "r1", "training", "by hand", "", "", CLOCK.now())
    with pytest.raises(mlflows.TrackingError), ending.recorded(place, "r1", CLOCK) as found:
        found.tracked = mlflows.Run(mlflows.client(place), "0" * 32)
    assert facts.latest(place)[0].status == "Completed"


def test_a_run_that_never_reached_mlflow_is_recorded_all_the_same(place: Workspace) -> None:
    facts.begin(place, "r1", "training", "by hand", "", "", CLOCK.now())
    with pytest.raises(MlopsError), ending.recorded(place, "r1", CLOCK):
        raise MlopsError("no server", fix="start it")
    assert facts.latest(place)[0].said == "no server"


def test_a_dead_run_is_buried_once_and_with_the_version_that_it_had_registered(place: Workspace) -> None:
    facts.begin(place, "r1", "training", "by hand", "", "", CLOCK.now())
    tracked = mlflows.start(place, "training", "r1", {"run": "r1"})
    left = place.runs / "r1" / "register" / "version"
    left.mkdir(parents=True)
    handoff.write_json(left / "version.json", {"version": "9"})
    said: list[str] = []
    for _ in range(2):
        ending.bury(place, CLOCK, said.append)
    assert said == ["run r1 was left by a process that died: it is recorded as failed"]
    assert outcome(place) == ("Failed", "its process died", "FAILED")
    assert facts.latest(place)[0].version == "9"
    assert made.told(place)[-1] == ("RunStatusChanged", "Failed")
    assert tracked.client.get_run(tracked.id).info.end_time is not None
