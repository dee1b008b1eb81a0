"""The committed states: one step or none, nothing forgotten, and the rules that Azure has."""

from __future__ import annotations

import itertools
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import layers
from {{cookiecutter.package_name}}.deployment.serving import rules, state
from {{cookiecutter.package_name}}.deployment.serving.rules import TrafficError
from {{cookiecutter.package_name}}.deployment.serving.state import Endpoint, State
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

BLUE, GREEN, RED = (state.deploy(name, "1", name * 8, Path("models", name)) for name in ("blue", "green", "red"))
# deployments, traffic, mirror -> what Azure says of them: nothing, or a word of its refusal
RULES = [
    ("all to one", ["blue"], {"blue": 100}, {}, ""),
    ("split", ["blue", "green"], {"blue": 95, "green": 5}, {}, ""),
    ("out of use", ["blue"], {}, {}, ""),
    ("zeros are none", ["blue", "green"], {"blue": 100, "green": 0}, {"green": 0}, ""),
    ("a mirror", ["blue", "green"], {"blue": 100}, {"green": 50}, ""),
    ("a zero of the mirrored", ["blue", "green"], {"blue": 100, "green": 0}, {"green": 10}, ""),
    ("sums to 90", ["blue", "green"], {"blue": 85, "green": 5}, {}, "sums to 90"),
    ("sums to 105", ["blue", "green"], {"blue": 100, "green": 5}, {}, "sums to 105"),
    ("nobody of that name", ["blue"], {"blue": 90, "red": 10}, {}, "'red', which is no deployment"),
    ("a zero for nobody", ["blue"], {"blue": 100, "red": 0}, {}, "'red', which is no deployment"),
    ("negative", ["blue", "green"], {"blue": 110, "green": -10}, {}, "traffic of"),
    ("not whole", ["blue", "green"], {"blue": 99.5, "green": 0.5}, {}, "traffic of 99.5"),
    ("a truth is no number", ["blue"], {"blue": True}, {}, "traffic of True"),
    ("mirrors nobody", ["blue"], {"blue": 100}, {"red": 10}, "'red', which is no deployment"),
    ("mirrors too much", ["blue", "green"], {"blue": 100}, {"green": 51}, "50 % at most"),
    ("mirrors to two", ["blue", "green", "red"], {"blue": 100}, {"green": 10, "red": 10}, "mirror to one deployment"),
    ("live and mirrored", ["blue", "green"], {"blue": 90, "green": 10}, {"green": 10}, "live and mirrored"),
]


@pytest.fixture
def endpoint(tmp_path: Path) -> Endpoint:
    return Endpoint(Workspace(tmp_path))


def commit(endpoint: Endpoint, *steps: state.Step) -> State:
    return endpoint.change(*steps, at=made.AT, by="a test", reason="why not")


@pytest.mark.parametrize(
    ("names", "traffic", "mirror", "refused"), [it[1:] for it in RULES], ids=[it[0] for it in RULES]
)
def test_the_rules_are_azures(
    endpoint: Endpoint, names: list[str], traffic: dict[str, int], mirror: dict[str, int], refused: str
) -> None:
    before = commit(endpoint, *(state.deploy(name, "1", name * 8, Path(name)) for name in names))
    if refused:
        with pytest.raises(TrafficError, match=refused):
            commit(endpoint, state.route(traffic, mirror))
        assert endpoint.current() == before
    else:
        after = commit(endpoint, state.route(traffic, mirror))
        assert after.traffic == {name: share for name, share in traffic.items() if share}
        assert after.mirror == {name: share for name, share in mirror.items() if share}


@pytest.mark.parametrize("name", ["", "b", "bl", "1blue", "blue_1", "-blue", "blue-", "b" * 33, "blü"])
def test_a_name_that_azure_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(TrafficError, match="cannot be the name of a deployment"):
        rules.check_name(name)


@pytest.mark.parametrize("name", ["blue", "abc", "Blue-2", "b" * 32])
def test_a_name_that_azure_takes_is_taken(name: str) -> None:
    rules.check_name(name)


def test_a_deployment_with_live_traffic_is_not_removed(endpoint: Endpoint) -> None:
    commit(endpoint, BLUE, GREEN, state.route({"blue": 95, "green": 5}))
    with pytest.raises(TrafficError, match="green gets 5 %"):
        commit(endpoint, state.remove("green"))
    with pytest.raises(TrafficError, match="'red', which is no deployment"):
        commit(endpoint, state.remove("red"))
    after = commit(endpoint, state.route({"blue": 100}), state.remove("green"))
    assert set(after.deployments) == {"blue"}


def test_removing_a_mirrored_deployment_ends_the_mirror(endpoint: Endpoint) -> None:
    commit(endpoint, BLUE, GREEN, state.route({"blue": 100}, {"green": 50}))
    assert commit(endpoint, state.remove("green")).mirror == {}


def test_more_than_twenty_deployments_are_refused(endpoint: Endpoint) -> None:
    many = [state.deploy(f"number-{number}", "1", "0" * 64, Path("x")) for number in range(21)]
    commit(endpoint, *many[:20])
    with pytest.raises(TrafficError, match="21 deployments"):
        commit(endpoint, many[20])


def test_a_change_is_all_of_its_steps_or_none(endpoint: Endpoint) -> None:
    before = commit(endpoint, BLUE, state.route({"blue": 100}))
    with pytest.raises(TrafficError):
        commit(endpoint, GREEN, state.route({"green": 50}))
    assert endpoint.current() == before
    assert len(endpoint.history()) == 1


def test_every_change_stays_on_file_with_who_and_why(endpoint: Endpoint) -> None:
    first = commit(endpoint, BLUE)
    second = endpoint.change(state.route({"blue": 100}), at=made.AT, by="somebody", reason="it is good")
    found = endpoint.history()
    assert [it.number for it in found] == [1, 2]
    assert (found[1].by, found[1].reason, found[1].at) == ("somebody", "it is good", made.AT.isoformat())
    assert (found[1].before, found[1].after) == (first, second)
    assert endpoint.current() == second


@pytest.mark.parametrize("statement", ["UPDATE history SET by = 'me'", "DELETE FROM history"])
def test_the_history_cannot_be_rewritten(endpoint: Endpoint, statement: str) -> None:
    commit(endpoint, BLUE)
    with endpoint.open() as connection, pytest.raises(sqlite3.IntegrityError, match="not rewritten"):
        connection.execute(statement)


def test_a_change_that_was_meant_for_another_state_is_refused(endpoint: Endpoint) -> None:
    seen = commit(endpoint, BLUE, GREEN, state.route({"blue": 100}))
    commit(endpoint, state.route({"blue": 95, "green": 5}))
    with pytest.raises(TrafficError, match="was meant for 1"):
        endpoint.change(state.route({"green": 100}), at=made.AT, by="late", reason="", since=seen.number)
    assert endpoint.current().traffic == {"blue": 95, "green": 5}


def test_another_version_behind_a_name_keeps_its_share(endpoint: Endpoint) -> None:
    before = commit(endpoint, BLUE, GREEN, state.route({"blue": 50, "green": 50}))
    after = commit(endpoint, state.deploy("green", "2", "f" * 64, Path("models", "second")))
    assert (after.traffic, after.runs, after.salt) == (before.traffic, before.runs, before.salt)
    assert after.deployments["green"].version == "2"


def test_people_are_dealt_anew_for_the_next_challenger(endpoint: Endpoint) -> None:
    first = commit(endpoint, BLUE, GREEN, state.route({"blue": 95, "green": 5}))
    again = commit(endpoint, state.route({"blue": 100}), RED, state.route({"blue": 95, "red": 5}))
    assert first.salt != again.salt


def test_what_is_in_force_is_kept_beside_what_is_committed(endpoint: Endpoint) -> None:
    assert endpoint.in_force() is None
    first = commit(endpoint, BLUE, state.route({"blue": 100}))
    endpoint.put_in_force(first.number, made.AT)
    commit(endpoint, GREEN, state.route({"green": 100}))
    assert endpoint.in_force() == first


CHANGING = """
import sys
from importlib import import_module
from datetime import UTC, datetime
from pathlib import Path
state, workspace = (import_module(f"{sys.argv[1]}.{name}") for name in ("deployment.serving.state", "workspace"))
endpoint = state.Endpoint(workspace.Workspace(Path(sys.argv[2])))
for number in range(100_000):
    step = state.route({"blue": 100 - number % 100, "green": number % 100})
    endpoint.change(step, at=datetime.now(UTC), by="a process", reason="")
"""


@pytest.mark.integration
def test_a_killed_change_leaves_a_committed_state(endpoint: Endpoint) -> None:
    commit(endpoint, BLUE, GREEN, state.route({"blue": 100}))
    for wait in (0.05, 0.1, 0.15):
        before = endpoint.current().number
        words = [sys.executable, "-c", CHANGING, layers.PACKAGE, str(endpoint.place.root)]
        process = subprocess.Popen(  # noqa: S603
            words, cwd=Path(layers.__file__).parent.parent
        )
        until = time.monotonic() + 30
        while endpoint.current().number == before and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(wait)
        process.kill()
        process.wait()
        found = endpoint.history()
        assert endpoint.current() == found[-1].after
        assert all(one.after == two.before for one, two in itertools.pairwise(found))
        assert sum(endpoint.current().traffic.values()) == 100
        assert endpoint.current().number > before
