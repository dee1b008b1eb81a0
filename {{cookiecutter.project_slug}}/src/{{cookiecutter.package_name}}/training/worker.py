"""The worker: runs what was asked for, each run once, in a process that has read the code as it is now."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from .. import layers
from ..clock import Clock
from ..data import lock
from ..errors import DataError
from ..workspace import Workspace, database
from . import facts, requests
from .requests import BusyError, Request

Echo = Callable[[str], None]
LOG, LOOK = "worker.log", 0.2  # seconds between two looks at what it says


def work(place: Workspace, clock: Clock, echo: Echo, *, allow_uncommitted: bool = False) -> list[Request]:
    """Run all that waits. Raises `BusyError` while another process does, or a person runs a pipeline."""
    run = partial(one, place, clock, echo, allow_uncommitted=allow_uncommitted)
    return requests.work(place, clock, run, echo)


def one(place: Workspace, clock: Clock, echo: Echo, request: Request, *, allow_uncommitted: bool) -> str:
    """Run a request; gives the run's id. One that went through before its worker died is not run again."""
    with database(place.state, facts.TABLES) as connection:
        sql = "SELECT id FROM runs WHERE request = ? AND status = ?"
        before = connection.execute(sql, (request.id, facts.COMPLETED)).fetchone()
    if before:
        return str(before["id"])
    from . import run

    idle(place)
    done = run.run(
        place,
        pipeline=request.pipeline,
        inputs=request.inputs,
        cause=request.cause,
        request=request.id,
        clock=clock,
        echo=echo,
        allow_uncommitted=allow_uncommitted,
    )
    return done.run_id


def idle(place: Workspace) -> None:
    """Raises `BusyError` while somebody runs a pipeline by hand."""
    try:
        with lock.held(place.runs):
            pass
    except DataError:
        fix = "wait for its end: what was asked for goes on waiting"
        raise BusyError(f"a run by hand is under way in {place.name}", fix=fix) from None


def waiting(place: Workspace) -> bool:
    """Whether there is anything to run."""
    with database(place.state, requests.TABLES) as connection:
        return bool(requests.pending(connection))


@dataclass
class Apart:
    """A worker in a process of its own: whoever changes the code need not start the scheduler anew.

    It gets no signal of the terminal and writes into a file: a scheduler that is killed leaves it to end its run.
    """

    place: Workspace
    echo: Echo
    allow_uncommitted: bool = False
    process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> None:
        """Run all that waits, and pass on what it says until it ends. Raises `BusyError` as `work` does."""
        with requests.alone(self.place):
            idle(self.place)
        words = ["requests", "work", *(["--allow-uncommitted"] if self.allow_uncommitted else [])]
        command = [sys.executable, "-m", layers.PACKAGE, *words]
        log = self.place.folder / LOG
        with log.open("ab") as out, log.open("rb") as said:
            said.seek(0, os.SEEK_END)
            self.process = subprocess.Popen(  # noqa: S603
                command, cwd=self.place.root, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
            with self.process:
                while self.process.poll() is None:
                    self.pass_on(said)
                    time.sleep(LOOK)
            self.pass_on(said)
        self.process = None

    def pass_on(self, said: BinaryIO) -> None:
        """Say what it has said since."""
        for line in said.read().decode(errors="replace").splitlines():
            self.echo(line)

    def stop(self) -> None:
        """Break off the run that is under way; it is asked for again by the next worker."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
