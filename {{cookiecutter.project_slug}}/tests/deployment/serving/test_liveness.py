"""Who is there and does not answer is killed; who is slow once is not."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.serving import liveness, process
from {{cookiecutter.package_name}}.deployment.serving.liveness import Liveness, Where

from .alive import World


class Line:
    """A socket on which somebody answers, or does not."""

    def __init__(self, path: Path) -> None:
        self.path, self.talks = path, True
        self.listening = process.listening_at(path)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                caller, _ = self.listening.accept()
            except OSError:
                return
            with caller:
                caller.recv(1000)
                if self.talks:
                    caller.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    it = Line(tmp_path / "line.sock")
    yield it
    it.close()


def test_who_is_silent_three_times_in_a_row_is_killed(line: Line) -> None:
    killed: list[int] = []
    it = Liveness(lambda: {7: line.path}, killed.append)
    for talks in (True, False, False, True, False, False):
        line.talks = talks
        it.look()
    assert killed == []
    it.look()
    assert killed == [7]
    line.talks = True
    it.look()
    assert killed == [7]


def test_another_process_starts_with_a_clean_slate(line: Line) -> None:
    killed: list[int] = []
    pids = [7]
    it = Liveness(lambda: dict.fromkeys(pids, line.path), killed.append)
    line.talks = False
    for pid in (7, 7, 8, 8):
        pids[:] = [pid]
        it.look()
    assert killed == []


def test_who_takes_too_long_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a stopped process: the system takes the connection, and nobody reads it."""
    monkeypatch.setattr(liveness, "PATIENCE", 0.1)
    with process.listening_at(tmp_path / "stuck.sock"):
        assert not liveness.answers(tmp_path / "stuck.sock")
    assert not liveness.answers(tmp_path / "nobody.sock")


def test_gateway_and_scorers_answer_it(world: World) -> None:
    world.deploy(blue="double")
    with world.gateway() as caller:
        url = caller.client.base_url
        places: list[Where] = [(url.host, url.port or 0), world.layout.socket(world.deployment("blue"))]
        assert [liveness.answers(where) for where in places] == [True, True]


def test_the_thread_looks_until_it_is_told_to_stop(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "EVERY", 0.01)
    line.talks = False
    done = threading.Event()
    it = Liveness(lambda: {os.getpid(): line.path}, lambda _: done.set())
    it.thread.start()
    assert done.wait(10)
    it.stopping.set()
    it.thread.join(10)
    assert not it.thread.is_alive()
