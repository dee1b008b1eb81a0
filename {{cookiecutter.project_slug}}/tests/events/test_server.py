"""Who is the broker of a repo: one at a time, on loopback, with a key that nobody else reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import {{cookiecutter.package_name}} as package
from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.events import bus, server, topics
from {{cookiecutter.package_name}}.events.broker import Rules
from {{cookiecutter.package_name}}.events.bus import Address, BusError
from {{cookiecutter.package_name}}.workspace import Workspace, database

from . import made

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(str(package.__file__)).parent.parent)}


@contextmanager
def process(place: Workspace, *more: str) -> Iterator[subprocess.Popen[str]]:
    """`mlops events broker` in a process of its own, listening."""
    command = [sys.executable, "-m", package.__name__, "events", "broker", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=place.root, env=environment()) as it:  # noqa: S603
        try:
            assert it.stdout is not None
            assert "the broker listens at http://127.0.0.1:" in it.stdout.readline()
            yield it
        finally:
            it.kill()


@pytest.mark.integration
def test_the_one_that_runs_is_used_and_one_that_was_killed_is_not(place: Workspace, clock: SimulatedClock) -> None:
    with process(place, "--subscription", "models=A,B", "--lock", "5") as broker:
        with server.reached(place, clock) as found, made.clients(found) as (_, consumer):
            assert found == server.address(place)
            assert consumer.receive(max_events=1, max_wait_time=10) == []
        with pytest.raises(BusError, match="a broker runs for this repo"):
            server.serve(place, Rules(), 0, [], print)
        broker.kill()
        broker.wait()
    left = server.address(place)
    with server.reached(place, clock) as found:
        assert left is not None
        assert found.endpoint != left.endpoint
        assert found.key == left.key
    with database(place.broker) as connection:
        assert topics.subscription(connection, "mlops", "models") == topics.Subscription(
            "mlops", "models", ("A", "B"), 5
        )


@pytest.mark.integration
def test_one_that_was_stopped_is_not_used_either(place: Workspace, clock: SimulatedClock) -> None:
    with process(place) as broker:
        left = server.address(place)
        broker.terminate()
        assert broker.wait(10) is not None
    with server.reached(place, clock) as found:
        assert left is not None
        assert found.endpoint != left.endpoint


def test_two_pumps_share_the_broker_of_the_first(place: Workspace, clock: SimulatedClock, address: Address) -> None:
    with server.reached(place, clock) as second:
        assert second == address


def test_a_lock_whose_holder_does_not_answer_is_told(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PATIENCE", 0.2)
    with ExitStack() as stack:
        assert server.take(stack, place)
        with pytest.raises(BusError, match="does not answer"):
            server.running(place)
        told = {"endpoint": "http://127.0.0.1:9", "pid": 1}
        (server.folder(place) / "address.json").write_text(json.dumps(told), encoding="utf-8")
        (server.folder(place) / "key").write_text("k", encoding="ascii")
        with pytest.raises(BusError, match="does not answer"):
            server.running(place)


def test_the_environments_bus_is_used_and_no_broker_started(
    place: Workspace, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(bus.ENDPOINT, "https://bus.example")
    monkeypatch.setenv(bus.KEY, "k")
    with server.reached(place, clock) as found:
        assert found.endpoint == "https://bus.example"
    assert not place.broker.exists()


def test_an_address_that_is_taken_is_named() -> None:
    with server.listen(0) as taken, pytest.raises(BusError, match=r"cannot listen on 127\.0\.0\.1"):
        server.listen(taken.getsockname()[1])


def test_it_listens_on_this_machine_only(address: Address) -> None:
    assert address.endpoint.startswith("http://127.0.0.1:")
    assert bus.loopback(server.HOST)


@POSIX
def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = server.own_key(path)
    assert len(key) > 40
    assert path.stat().st_mode & 0o777 == 0o600
    assert server.own_key(path) == key


@POSIX
def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    server.own_key(path)
    path.chmod(0o640)
    with pytest.raises(BusError, match="others on this machine may read"):
        server.own_key(path)


def test_a_death_before_the_key_was_written_is_made_good(tmp_path: Path) -> None:
    path = tmp_path / "key"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    assert server.own_key(path) == path.read_text(encoding="ascii") != ""


def test_a_subscription_that_is_there_keeps_its_settings(place: Workspace) -> None:
    own = topics.Subscription("mlops", "dev", ("x",), 5, 3)
    server.subscribe(place, [own])
    server.subscribe(place, [])
    with database(place.broker) as connection:
        assert topics.subscriptions(connection, "mlops") == [own]
