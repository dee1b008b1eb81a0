"""The scheduler of this machine: ticks, events and runs in one loop, which may be killed at any time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

import {{cookiecutter.package_name}} as package
from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.clock import SimulatedClock, SystemClock
from {{cookiecutter.package_name}}.data import lock
from {{cookiecutter.package_name}}.errors import MlopsError
from {{cookiecutter.package_name}}.events import bus, pump
from {{cookiecutter.package_name}}.training import (
    azure_schedules,
    environment,
    facts,
    loop,
    mlflows,
    requests,
    worker,
)
from {{cookiecutter.package_name}}.workspace import Workspace, database, transaction

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NIGHTLY = '[[schedule]]\nname = "nightly"\npipeline = "tiny"\ncron = "17 3 * * *"\n'
PATIENCE = 90.0  # seconds that a process may take on a busy machine

# a pipeline of one step, which waits where a file says so: long enough to be killed in
COMPONENT = """
name: one
type: command
is_deterministic: false
outputs:
  out: { type: uri_folder }
code: ../..
command: python work.py <outputs.out>
"""
PIPELINE = """
type: pipeline
name: tiny
jobs:
  one:
    type: command
    component: ../components/one.yml
"""
WORK = """
import pathlib, sys, time
with open("begun", "a") as file:
    file.write("x")
while pathlib.Path("slow").exists():
    time.sleep(0.05)
pathlib.Path(sys.argv[1], "done").write_text("done")
"""


def marked(text: str) -> str:
    """With the marks of an expression, which this file itself may not hold."""
    return text.replace("<", "$" + 2 * "{").replace(">", 2 * "}")


@pytest.fixture(scope="session")
def tiny(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo with a pipeline that takes no time, whose store of MLflow is made, which takes long. Copy it."""
    made = tmp_path_factory.mktemp("tiny")
    files = {
        "azure/components/one.yml": marked(COMPONENT),
        "azure/pipelines/tiny.yml": PIPELINE,
        "work.py": WORK,
        "schedules.toml": NIGHTLY,
    }
    for name in ("pyproject.toml", "project.toml", "environments/training.lock"):
        files[name] = (root / name).read_text(encoding="utf-8")
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text, encoding="utf-8")
    mlflows.client(Workspace(made)).search_experiments()
    return made


@pytest.fixture
def place(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A copy of it, in which the test stands; a run that is left over ends with the test."""
    copy = shutil.copytree(tiny, tmp_path / "repo")
    monkeypatch.chdir(copy)
    yield Workspace(copy)
    (copy / "slow").unlink(missing_ok=True)


def ask(place: Workspace, name: str = "first") -> None:
    with database(place.state, requests.TABLES) as connection, transaction(connection):
        requests.add(connection, id=name, pipeline="tiny", cause=f"by {name}", inputs={}, at=NOON)


def asked(place: Workspace) -> list[requests.Request]:
    with database(place.state, requests.TABLES) as connection:
        return requests.latest(connection, 20)[::-1]


def runs(place: Workspace, status: str) -> list[str]:
    """The requests of the runs that came to this end."""
    return [it.request for it in facts.latest(place) if it.status == status]


def silent(_: str) -> None:
    return None


# --- the loop, on a clock that is turned


def turned(place: Workspace, hours: int, work: Callable[[], None]) -> tuple[list[str], list[float]]:
    """Run the loop for hours of a simulated clock, which its sleep advances; what it said, and how long it slept."""
    clock, said, slept = SimulatedClock(NOON), list[str](), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(timedelta(seconds=seconds))
        found.stopped = clock.now() >= NOON + timedelta(hours=hours)

    found = loop.Loop(place, clock, said.append, work, sleep, every=4 * 3600)
    found.run()
    return said, slept


def test_a_day_gives_one_run_and_the_loop_sleeps_until_it(place: Workspace) -> None:
    ended: list[str] = []

    def work() -> None:
        ended.extend(it.id for it in requests.work(place, SimulatedClock(NOON), lambda _: "r", silent))

    said, slept = turned(place, 24, work)
    assert ended == ["schedule nightly 2026-03-03T03:17:00+00:00"]
    assert said == ["nightly: asked for a run of tiny, due at 2026-03-03T03:17:00+00:00"]
    assert slept[:4] == [14400, 14400, 14400, 3 * 3600 + 17 * 60]


def test_what_fails_is_said_once_and_the_rest_goes_on(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise bus.BusError("the broker does not answer", fix="start it")

    monkeypatch.setattr(pump, "once", lost)
    said, _ = turned(place, 24, lambda: None)
    assert [line.partition("\n")[0] for line in said] == [
        "events: the broker does not answer",
        "nightly: asked for a run of tiny, due at 2026-03-03T03:17:00+00:00",
    ]


def test_a_file_that_is_wrong_for_a_while_stops_nothing(place: Workspace) -> None:
    path = place.root / "schedules.toml"
    path.write_text("[[schedule]]\n", encoding="utf-8")

    def mend() -> None:
        path.write_text(NIGHTLY, encoding="utf-8")

    ask(place)  # so that there is work in the first round, and the file is mended by it
    said, _ = turned(place, 24, mend)
    assert said[0].startswith("schedules: schedules.toml: [[schedule]] 1: name is missing")
    assert "nightly: " in said[1]


# --- the worker


def test_what_was_asked_for_runs_once(place: Workspace) -> None:
    ask(place)
    (ended,) = worker.work(place, SystemClock(), silent)
    assert (ended.status, ended.run) == ("done", facts.latest(place)[0].id)
    assert facts.latest(place)[0].cause == "by first"
    assert worker.work(place, SystemClock(), silent) == []


def test_a_run_that_fails_is_kept_with_its_reason_and_the_next_one_runs(place: Workspace) -> None:
    (place.root / "work.py").write_text("raise SystemExit('no rows today')\n", encoding="utf-8")
    ask(place, "first")
    ask(place, "second")
    ended = worker.work(place, SystemClock(), silent)
    assert [it.status for it in ended] == ["failed", "failed"]
    assert "no rows today" in ended[0].reason


def test_a_run_that_went_through_before_its_worker_died_is_not_run_again(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(place)

    def die(*_: object) -> requests.Request:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(requests, "end", die)
        with pytest.raises(KeyboardInterrupt):
            worker.work(place, SystemClock(), silent)
    (ended,) = worker.work(place, SystemClock(), silent)
    assert (ended.status, ended.tries) == ("done", 2)
    assert runs(place, "Completed") == ["first"]


def test_while_a_person_runs_a_pipeline_what_waits_goes_on_waiting(place: Workspace) -> None:
    ask(place)
    with lock.held(place.runs), pytest.raises(requests.BusyError, match="by hand"):
        worker.work(place, SystemClock(), silent)
    assert [(it.status, it.tries) for it in asked(place)] == [("waiting", 0)]
    assert worker.work(place, SystemClock(), silent)[0].status == "done"


@pytest.mark.parametrize("held", ["worker", "runs"])
def test_no_second_worker_is_started(place: Workspace, held: str) -> None:
    with lock.held(place.folder / held), pytest.raises(requests.BusyError):
        worker.Apart(place, silent)()


# --- the commands


def mlops(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(cli.main, list(words))
    return ran.exit_code, ran.output


@pytest.mark.usefixtures("place")
def test_each_command_says_what_there_is() -> None:
    assert "nightly: tiny, 17 3 * * * in UTC; next " in mlops("schedules", "list")[1]
    assert mlops("schedules", "check") == (0, "1 schedules and 0 events, each of a pipeline that is there\n")
    assert mlops("schedules", "tick") == (0, "nothing is due\n")
    assert "nothing was asked for yet" in mlops("requests", "list")[1]
    assert mlops("requests", "work") == (0, "nothing waits\n")


def test_work_that_fails_ends_with_1(place: Workspace) -> None:
    (place.root / "work.py").write_text("raise SystemExit('no rows today')\n", encoding="utf-8")
    ask(place)
    assert mlops("requests", "work")[0] == 1
    assert "failed" in mlops("requests", "list")[1]


def test_a_wrong_file_ends_with_1(place: Workspace) -> None:
    (place.root / "schedules.toml").write_text(NIGHTLY.replace("tiny", "tinny"), encoding="utf-8")
    code, said = mlops("schedules", "check")
    assert code == 1
    assert "no pipeline 'tinny'" in said


def test_the_environment_is_exported_checked_and_locked(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "check", lambda _: [])
    code, said = mlops("environment", "check")
    assert (code, "azure/environments/training/conda.yml" in said) == (1, True), "it is not derived yet"
    assert "wrote azure/environments/training/conda.yml" in mlops("environment", "export")[1]
    assert mlops("environment", "export") == (0, "nothing to change\n")
    assert mlops("environment", "check")[0] == 0
    asked: list[tuple[Path, bool]] = []

    def relock(root: Path, *, upgrade: bool) -> list[str]:
        asked.append((root, upgrade))
        return ["+ skops==9"]

    monkeypatch.setattr(environment, "relock", relock)
    assert "1 lines of the lock changed" in mlops("environment", "lock", "--upgrade")[1]
    assert asked == [(place.root, True)]


@pytest.mark.usefixtures("place")
def test_what_is_installed_and_not_locked_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    mlops("environment", "export")
    monkeypatch.setattr(environment, "check", lambda _: ["skops is 9, and 1 is locked"])
    code, said = mlops("environment", "check")
    assert code == 1
    assert said.startswith("skops is 9, and 1 is locked\n")


def test_the_preflight_and_the_schedules_of_azure_are_commands(
    root: Path, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(
        azure_schedules, "apply", lambda it, found, _: asked.append((it, [row.name for row in found.schedule]))
    )
    assert mlops("schedules", "apply")[0] == 0
    assert asked == [(place.root, ["nightly"])]
    monkeypatch.chdir(root)
    assert mlops("pipeline", "preflight")[1].endswith("vCPUs in all\n")


# --- processes that are killed


@contextmanager
def process(place: Workspace, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process group of its own, which is gone afterwards."""
    source = str(Path(package.__file__).parent.parent)
    command = [sys.executable, "-m", package.__name__, *words]
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=place.root,
        env={**os.environ, "PYTHONPATH": source},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as made:
        try:
            yield made
        finally:
            made.kill()


def until(what: Callable[[], bool], running: subprocess.Popen[str]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        if running.poll() is not None or time.monotonic() > deadline:
            running.kill()
            pytest.fail(f"it did not come: {running.stdout.read() if running.stdout else ''}")
        time.sleep(0.05)


def begun(place: Workspace) -> int:
    """How often the step has begun."""
    path = place.root / "begun"
    return len(path.read_text(encoding="utf-8")) if path.is_file() else 0


@pytest.mark.integration
def test_a_worker_that_is_killed_leaves_its_request_to_the_next(place: Workspace) -> None:
    ask(place)
    (place.root / "slow").touch()
    with process(place, "requests", "work") as first:
        until(lambda: begun(place) == 1, first)
        os.killpg(first.pid, signal.SIGKILL)
    (place.root / "slow").unlink()
    (ended,) = worker.work(place, SystemClock(), silent)
    assert (ended.status, ended.tries) == ("done", 2)
    assert runs(place, "Completed") == ["first"]
    assert runs(place, "Failed") == ["first"]


@pytest.mark.integration
def test_a_scheduler_that_is_killed_and_started_again_has_each_run_once(place: Workspace) -> None:
    """Killed with `kill -9` while a run is under way, which goes on by itself; the next scheduler waits for it."""
    ask(place)
    (place.root / "slow").touch()
    with process(place, "schedules", "run", "--every", "0.2") as first:
        until(lambda: begun(place) == 1, first)
        first.kill()
    with process(place, "schedules", "run", "--every", "0.2") as second:
        assert second.stdout is not None
        lines = iter(second.stdout.readline, "")
        assert any("another process works on the requests" in line for line in lines)
        (place.root / "slow").unlink()
        until(lambda: asked(place)[0].status == "done", second)
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE) == 0
    assert begun(place) == 1
    assert runs(place, "Completed") == ["first"]


@pytest.mark.integration
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_run_under_way_end(place: Workspace, number: signal.Signals) -> None:
    ask(place)
    (place.root / "slow").touch()
    with process(place, "schedules", "run", "--every", "60") as running:
        until(lambda: begun(place) == 1, running)
        os.killpg(running.pid, number)  # as a terminal does: whoever the scheduler has started gets it too
        (place.root / "slow").unlink()
        assert running.wait(PATIENCE) == 0
        assert running.stdout is not None
        said = running.stdout.read()
    assert said.rstrip().endswith("stopped")
    assert "tiny done" in said
    assert runs(place, "Completed") == ["first"]


@pytest.mark.integration
def test_a_second_signal_breaks_the_run_off(place: Workspace) -> None:
    ask(place)
    (place.root / "slow").touch()
    with process(place, "schedules", "run", "--every", "60") as running:
        until(lambda: begun(place) == 1, running)
        running.send_signal(signal.SIGTERM)
        assert running.stdout is not None
        assert any("a second signal breaks it off" in line for line in iter(running.stdout.readline, ""))
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 0
    assert asked(place)[0].status == "running"
    (place.root / "slow").unlink()
    assert worker.work(place, SystemClock(), silent)[0].status == "done"


def test_an_error_of_ours_is_not_swallowed_by_the_loop(place: Workspace) -> None:
    found = loop.Loop(place, SimulatedClock(NOON), silent, lambda: None, lambda _: None)

    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        found.attempt("requests", broken)
    assert issubclass(requests.BusyError, MlopsError)
