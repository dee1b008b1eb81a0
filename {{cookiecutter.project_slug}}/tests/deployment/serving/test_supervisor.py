"""The supervisor's decisions, with processes that only sleep: what it starts, restarts ever more slowly, and ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.deployment.serving import (
    children,
    layout,
    liveness,
    process,
    running,
    state,
    supervisor,
)
from {{cookiecutter.package_name}}.deployment.serving.children import Child, Recipe
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout, ServingError
from {{cookiecutter.package_name}}.deployment.serving.process import Told
from {{cookiecutter.package_name}}.deployment.serving.supervisor import Supervisor
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made
from .alive import until

SLEEPS = (sys.executable, "-c", "import time; time.sleep(600)")
FAILS = (sys.executable, "-c", "import sys; sys.exit('it cannot be loaded')")


class Time:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def it(place: Workspace, time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """A supervisor whose children only sleep."""
    monkeypatch.setattr(supervisor, "module", lambda *_: SLEEPS)
    Layout(place).make()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made_one = Supervisor(place, listening, "http://127.0.0.1:1", guarded=False, replay=False, now=time)
        yield made_one
        made_one.end()


def deploy(place: Workspace, *names: str) -> None:
    made.change(place, *(state.deploy(name, "1", name * 8, Path(name)) for name in names))


def names(it: Supervisor) -> set[str]:
    return {key.partition("-")[0] for key, child in it.scorers.items() if child.pid}


def ticking(it: Supervisor, what: Callable[[], bool]) -> None:
    """Let it look again and again until `what` holds."""

    def held() -> bool:
        it.tick()
        return what()

    until(held)


def test_each_deployment_gets_a_process(it: Supervisor) -> None:
    it.tick()
    assert names(it) == set()
    deploy(it.place, "blue", "green")
    it.tick()
    assert names(it) == {"blue", "green"}
    told = running.read(it.layout)
    assert told is not None
    assert told["pid"] == os.getpid()
    assert told["gateway"]["pid"] == it.gateway.pid
    assert {row["name"] for row in told["scorers"].values()} == {"blue", "green"}


def test_a_scorer_stays_while_its_state_is_in_force_and_a_moment_longer(it: Supervisor, time: Time) -> None:
    deploy(it.place, "blue", "green")
    it.endpoint.put_in_force(1, made.AT)
    made.change(it.place, state.remove("green"))
    for _ in range(3):
        time.now += 10
        it.tick()
    assert names(it) == {"blue", "green"}
    it.endpoint.put_in_force(2, made.AT)
    it.tick()
    assert names(it) == {"blue", "green"}
    time.now += supervisor.LINGER
    ticking(it, lambda: names(it) == {"blue"})


def test_a_deployment_that_comes_back_in_time_keeps_its_process(it: Supervisor, time: Time) -> None:
    deploy(it.place, "blue", "green")
    it.tick()
    before = {key: child.pid for key, child in it.scorers.items()}
    made.change(it.place, state.remove("green"))
    it.tick()
    deploy(it.place, "green")
    time.now += supervisor.LINGER
    it.tick()
    assert {key: child.pid for key, child in it.scorers.items()} == before


def test_what_was_refused_gets_another_try_with_the_next_change_and_not_before(it: Supervisor) -> None:
    deploy(it.place, "blue", "green")
    it.tick()
    blue, green = (it.scorers[key] for key in sorted(it.scorers))
    pid = green.pid
    assert blue.recipe.told is not None
    said = {"pid": blue.pid, "phase": process.REFUSED, "reason": "no"}
    blue.recipe.told.path.write_text(json.dumps(said), encoding="utf-8")
    assert blue.process is not None
    blue.process.kill()
    blue.process.wait()
    for _ in range(3):
        it.tick()
    assert names(it) == {"green"}
    made.change(it.place, state.remove("blue"), state.deploy("blue", "1", "blue" * 8, Path("blue")))
    it.tick()
    assert names(it) == {"blue", "green"}
    assert it.scorers[sorted(it.scorers)[1]].pid == pid


def test_a_killed_gateway_is_started_again(it: Supervisor) -> None:
    it.tick()
    first = it.gateway.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    ticking(it, lambda: it.gateway.pid not in (None, first))
    assert (it.gateway.restarts, it.gateway.reason) == (1, "ended by signal 9")


def test_who_should_answer_is_who_has_said_that_it_is_ready(it: Supervisor, time: Time) -> None:
    deploy(it.place, "blue", "green")
    it.tick()
    assert it.settled() == {}
    blue = next(child for key, child in it.scorers.items() if key.startswith("blue"))
    told = it.layout.said(next(key for key in it.scorers if key.startswith("blue")))
    told.write_text(json.dumps({"pid": blue.pid, "phase": process.READY, "reason": ""}), encoding="utf-8")
    where = it.layout.socket(it.endpoint.current().deployments["blue"])
    assert it.settled() == {blue.pid: where}
    time.now += supervisor.SETTLES + 1
    assert it.settled() == {blue.pid: where, it.gateway.pid: it.listening.getsockname()}


def test_who_is_stuck_is_killed_and_started_again(it: Supervisor) -> None:
    deploy(it.place, "blue")
    it.tick()
    (child,) = it.scorers.values()
    stuck = child.pid
    assert stuck is not None
    it.kill(stuck)
    ticking(it, lambda: child.pid not in (None, stuck))
    assert child.reason == "ended by signal 9"


def test_while_it_runs_the_stuck_are_found(it: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scorer that says it is ready, where somebody listens and nobody answers."""
    monkeypatch.setattr(liveness, "EVERY", 0.01)
    monkeypatch.setattr(liveness, "PATIENCE", 0.05)
    deploy(it.place, "blue")
    it.tick()
    ((key, child),) = it.scorers.items()
    stuck = child.pid
    told = {"pid": stuck, "phase": process.READY, "reason": ""}
    it.layout.said(key).write_text(json.dumps(told), encoding="utf-8")
    with process.listening_at(it.layout.socket(it.deployments[key])):
        running_one = threading.Thread(target=it.run)
        running_one.start()
        until(lambda: child.pid not in (None, stuck))
        it.stopping.set()
        running_one.join()
    assert child.reason == "ended by signal 9"


def test_what_dies_again_and_again_is_started_ever_more_slowly(tmp_path: Path, time: Time) -> None:
    child = Child(Recipe(FAILS, (), tmp_path / "log"), time)
    waits = []
    for _ in range(9):
        child.tend()
        assert child.process is not None
        child.process.wait()
        child.tend()
        waits.append(child.due - time.now)
        assert child.reason == "ended with code 1: it cannot be loaded"
        time.now = child.due
    assert waits == [*children.DELAYS, 30.0, 30.0]


def test_what_has_lived_long_is_started_at_once(tmp_path: Path, time: Time) -> None:
    child = Child(Recipe(SLEEPS, (), tmp_path / "log"), time)
    for _ in range(4):
        child.tend()
        assert child.process is not None
        time.now += children.SETTLED
        child.process.kill()
        child.process.wait()
        child.tend()
        assert child.due == time.now
    child.end()
    child.gone()


def test_a_process_that_does_not_end_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);print('x', flush=True); time.sleep(600)"
    )
    child = Child(Recipe((sys.executable, "-c", stubborn), (), tmp_path / "log"))
    child.tend()
    until((tmp_path / "log").read_bytes)
    child.end()
    child.gone(0.1)
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_why_a_scorer_ended_is_what_it_said(tmp_path: Path) -> None:
    told = Told(tmp_path / "said.json")
    script = (
        "import json, os, sys; from pathlib import Path;"
        "Path(sys.argv[1]).write_text(json.dumps({'pid': os.getpid(), 'phase': 'refused', 'reason': 'not this model'}))"
    )
    child = Child(Recipe((sys.executable, "-c", script, str(told.path)), (), tmp_path / "log", told))
    child.tend()
    assert child.process is not None
    child.process.wait()
    assert told.read(child.process.pid) == ("refused", "not this model")
    assert (child.phase, child.why) == (process.REFUSED, "not this model")  # before anybody has seen it end
    child.due = float("inf")
    child.died(1)
    assert (child.reason, child.phase) == ("not this model", process.REFUSED)


def test_what_was_refused_is_not_tried_again_at_once(tmp_path: Path, time: Time) -> None:
    """It costs seconds of a processor, and ends the same."""
    told = Told(tmp_path / "said.json")
    child = Child(Recipe(SLEEPS, (), tmp_path / "log", told), time)
    child.tend()
    assert child.process is not None
    refused = {"pid": child.process.pid, "phase": process.REFUSED, "reason": "no"}
    told.path.write_text(json.dumps(refused), encoding="utf-8")
    child.process.kill()
    child.process.wait()
    child.tend()
    assert child.due == children.DELAYS[-1]


def test_what_another_process_said_counts_for_nothing(tmp_path: Path) -> None:
    told = Told(tmp_path / "said.json")
    told.say("ready")
    assert told.read(os.getpid()) == ("ready", "")
    assert told.read(os.getpid() + 1) == ("starting", "")
    told.path.write_text("{", encoding="utf-8")
    assert told.read(os.getpid()) == ("starting", "")


def test_a_child_ends_with_its_supervisor() -> None:
    lifeline, held = os.pipe()
    script = (
        f"from {process.__name__} import end_with; import time, sys; end_with(int(sys.argv[1]));"
        "print('x', flush=True); time.sleep(600)"
    )
    root = Path(process.__file__).parents[3]
    words = [sys.executable, "-c", script, str(lifeline)]
    with subprocess.Popen(  # noqa: S603
        words, cwd=root, pass_fds=[lifeline], stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        os.close(lifeline)
        os.close(held)
        assert child.wait(10) == -signal.SIGTERM


def test_a_long_path_has_its_sockets_elsewhere(tmp_path: Path) -> None:
    """A Unix socket's path is a hundred bytes at most."""
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    found = Layout(Workspace(deep))
    found.make()
    assert found.sockets.parent == Path(tempfile.gettempdir())
    assert found.sockets == Layout(Workspace(deep)).sockets != Layout(Workspace(deep, "test")).sockets
    where = found.socket(state.Deployment("b" * 32, "1", "d" * 64, "x"))
    process.listening_at(where).close()
    where.unlink()
    found.sockets.rmdir()


def test_nobody_else_may_reach_the_sockets(place: Workspace) -> None:
    found = Layout(place)
    found.make()
    assert found.sockets.stat().st_mode & 0o777 == 0o700


def test_sockets_of_somebody_else_are_refused(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(ServingError, match="belongs to somebody else"):
        Layout(place).make()


def test_two_supervisors_of_one_workspace_are_refused(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "GLANCE", 0.1)
    found = Layout(place)
    with running.alone(found):
        assert running.runs(found)
        found.running.write_text(json.dumps({"pid": 7, "address": "http://127.0.0.1:1"}), encoding="utf-8")
        with pytest.raises(ServingError, match="runs already as process 7 at"), running.alone(found):
            raise AssertionError
    assert not running.runs(found)


def test_windows_is_told_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ServingError, match="Unix sockets"):
        layout.must_be_posix()


def test_the_recipes_name_modules_that_are_there(place: Workspace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made_one = Supervisor(place, listening, "http://127.0.0.1:1", guarded=False, replay=False)
        for recipe in (made_one.gateway_recipe(), made_one.scorer_recipe(state.Deployment("blue", "1", "d" * 64, "x"))):
            words: Any = recipe.words
            assert json.loads(words[3])["lifeline"] in recipe.handles
            found = Path(supervisor.__file__).parent / f"{words[2].rpartition('.')[2]}.py"
            assert found.is_file()
        made_one.end()
        assert replace(made_one.gateway_recipe(), handles=()).told is None
