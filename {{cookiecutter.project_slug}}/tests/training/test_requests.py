"""The queue of training runs: nothing is lost, nothing runs twice at once, whatever happens to a worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import {{cookiecutter.package_name}} as package
from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.errors import MlopsError
from {{cookiecutter.package_name}}.training import requests
from {{cookiecutter.package_name}}.workspace import Workspace, database, transaction

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLOCK = SimulatedClock(NOON)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def ask(workspace: Workspace, *names: str, at: datetime = NOON) -> list[bool]:
    """Add requests; whether each was new."""
    with database(workspace.state, requests.TABLES) as connection, transaction(connection):
        return [
            requests.add(connection, id=name, pipeline="training", cause=f"by {name}", inputs={"k": name}, at=at)
            for name in names
        ]


def kept(workspace: Workspace) -> dict[str, requests.Request]:
    with database(workspace.state, requests.TABLES) as connection:
        return {request.id: request for request in requests.latest(connection, 20)}


def silent(_: str) -> None:
    return None


def test_the_oldest_runs_first_and_its_run_is_kept(workspace: Workspace) -> None:
    ask(workspace, "late")
    ask(workspace, "early", at=NOON - timedelta(hours=1))
    said: list[str] = []
    ended = requests.work(workspace, CLOCK, lambda request: f"run-{request.inputs['k']}", said.append)
    assert [(it.id, it.status, it.run) for it in ended] == [
        ("early", "done", "run-early"),
        ("late", "done", "run-late"),
    ]
    assert said[0] == "2026-03-02T12:00:00+00:00 running training: by early"
    assert kept(workspace)["late"] == ended[1]
    assert requests.work(workspace, CLOCK, lambda _: "", silent) == []


def test_an_id_is_asked_for_once_even_after_it_ended(workspace: Workspace) -> None:
    assert ask(workspace, "a", "a", "b") == [True, False, True]
    requests.work(workspace, CLOCK, lambda _: "r", silent)
    assert ask(workspace, "a") == [False]


def test_what_is_not_committed_was_not_asked_for(workspace: Workspace) -> None:
    def die() -> None:
        with database(workspace.state, requests.TABLES) as connection, transaction(connection):
            requests.add(connection, id="a", pipeline="training", cause="", inputs={}, at=NOON)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    assert kept(workspace) == {}


def test_a_failure_is_kept_and_the_next_runs(workspace: Workspace) -> None:
    ask(workspace, "bad", "good")

    def run(request: requests.Request) -> str:
        if request.id == "bad":
            raise MlopsError("no rows", fix="ingest")
        return "r"

    assert [(it.status, it.reason) for it in requests.work(workspace, CLOCK, run, silent)] == [
        ("failed", "no rows"),
        ("done", ""),
    ]


def test_a_request_added_meanwhile_is_taken_too(workspace: Workspace) -> None:
    ask(workspace, "first")

    def run(request: requests.Request) -> str:
        ask(workspace, "second")
        return request.id

    assert [it.id for it in requests.work(workspace, CLOCK, run, silent)] == ["first", "second"]


def test_nobody_works_beside_a_worker(workspace: Workspace) -> None:
    ask(workspace, "a")

    def run(_: requests.Request) -> str:
        with pytest.raises(requests.BusyError, match="another process works"):
            requests.work(workspace, CLOCK, lambda _: "second", silent)
        return "first"

    assert [it.run for it in requests.work(workspace, CLOCK, run, silent)] == ["first"]


def test_an_error_of_ours_leaves_the_request_to_the_next_worker_but_not_for_ever(workspace: Workspace) -> None:
    ask(workspace, "a", "b")

    def run(request: requests.Request) -> str:
        if request.id == "a":
            raise ZeroDivisionError
        return "r"

    for tries in range(1, requests.TRIES + 1):
        with pytest.raises(ZeroDivisionError):
            requests.work(workspace, CLOCK, run, silent)
        assert (kept(workspace)["a"].status, kept(workspace)["a"].tries) == ("running", tries)
    ended = requests.work(workspace, CLOCK, run, silent)
    assert [(it.status, it.reason) for it in ended] == [("failed", "its worker died 3 times"), ("done", "")]


WORKER = """
import sys, time
from pathlib import Path
from importlib import import_module
package, root = sys.argv[1:]
requests = import_module(package + ".training.requests")
clock = import_module(package + ".clock").SystemClock()
workspace = import_module(package + ".workspace").Workspace(Path(root))
def run(request):
    print("started", flush=True)
    time.sleep(60)
requests.work(workspace, clock, run, lambda text: None)
"""


@pytest.mark.integration
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_workers_request_is_taken_up_again(workspace: Workspace) -> None:
    ask(workspace, "a", "b")
    source = str(Path(str(package.__file__)).parent.parent)
    command = [sys.executable, "-c", WORKER, package.__name__, str(workspace.root)]
    environment = {**os.environ, "PYTHONPATH": source}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as worker:  # noqa: S603
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == b"started"
        with pytest.raises(requests.BusyError):
            requests.work(workspace, CLOCK, lambda _: "", silent)
        worker.send_signal(signal.SIGKILL)
    said: list[str] = []
    ended = requests.work(workspace, CLOCK, lambda request: f"run-{request.id}", said.append)
    assert [(it.id, it.run, it.tries) for it in ended] == [("a", "run-a", 2), ("b", "run-b", 1)]
    assert "which its worker left behind" in said[0]


def test_only_what_has_not_begun_stands_for_another(workspace: Workspace) -> None:
    ask(workspace, "first")
    with database(workspace.state, requests.TABLES) as connection:
        assert requests.waits(connection, "training", {"k": "first"})
        assert not requests.waits(connection, "training", {"k": "second"})
        assert not requests.waits(connection, "other", {"k": "first"})

        def seen(_: requests.Request) -> str:
            assert not requests.waits(connection, "training", {"k": "first"}), "it has begun"
            return "run"

        requests.work(workspace, CLOCK, seen, silent)


def test_a_worker_that_must_wait_puts_its_request_back(workspace: Workspace) -> None:
    ask(workspace, "first")

    def busy(_: requests.Request) -> str:
        raise requests.BusyError("a run by hand is under way", fix="wait")

    for _ in range(requests.TRIES + 1):
        with pytest.raises(requests.BusyError):
            requests.work(workspace, CLOCK, busy, silent)
    assert (kept(workspace)["first"].status, kept(workspace)["first"].tries) == ("waiting", 0)
