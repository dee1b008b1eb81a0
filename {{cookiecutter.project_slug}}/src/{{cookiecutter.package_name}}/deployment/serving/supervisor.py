"""The supervisor: it holds the public socket, keeps the gateway and the scorers alive, and follows the committed state.

The socket is its own, so that a killed gateway leaves the callers that wait for it where they are: the next one takes
them. It knows nothing that is not on disk. Killed itself, it takes the others with it, and the next `up` goes on.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from ... import layers
from ...data import disk
from ...workspace import Workspace
from .children import Child, Recipe
from .follow import key_of
from .layout import Layout
from .liveness import Liveness, Where
from .process import READY, REFUSED, Told
from .state import Deployment, Endpoint

log = logging.getLogger(__name__)
EVERY = 0.05  # seconds between two looks
SETTLES = 30.0  # seconds in which a gateway comes up even on a busy machine
LINGER = 1.0  # seconds that a scorer stays after nobody is sent to it any more
GATEWAY = "gateway"


class Supervisor:
    """Keeps alive what the endpoint consists of."""

    def __init__(
        self,
        place: Workspace,
        listening: socket.socket,
        address: str,
        guarded: bool,
        replay: bool,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place, self.listening, self.address, self.now = place, listening, address, now
        self.endpoint, self.layout = Endpoint(place), Layout(place)
        self.options = {"guarded": guarded, "replay": replay}
        self.lifeline, held = os.pipe()
        self.handles = [self.lifeline, held]  # children end when nobody holds the second any more
        self.gateway = Child(self.gateway_recipe(), now)
        self.scorers: dict[str, Child] = {}
        self.deployments: dict[str, Deployment] = {}
        self.stopping = threading.Event()
        self.liveness = Liveness(self.settled, self.kill)
        self.told: dict[str, Any] = {}
        self.followed: int | None = None  # the state that its scorers are of

    def gateway_recipe(self) -> Recipe:
        handle = self.listening.fileno()
        where = {"root": str(self.place.root), "workspace": self.place.name}
        given = {**where, "listening": handle, "lifeline": self.lifeline, **self.options}
        return Recipe(module("front", given), (handle, self.lifeline), self.layout.log(GATEWAY))

    def scorer_recipe(self, it: Deployment) -> Recipe:
        key = key_of(it)
        said = self.layout.said(key)
        given = {"folder": it.folder, "digest": it.digest, "socket": str(self.layout.socket(it)), "said": str(said)}
        return Recipe(
            module("scorer", {**given, "lifeline": self.lifeline}), (self.lifeline,), self.layout.log(key), Told(said)
        )

    def run(self) -> None:
        """Until `stopping` is set; then all ends in order: no new callers, answers to the present ones, the end."""
        self.liveness.thread.start()
        try:
            while not self.stopping.is_set():
                self.tick()
                self.stopping.wait(EVERY)
        finally:
            self.end()

    def tick(self) -> None:
        """Look once at what should run and what does."""
        self.follow()
        self.gateway.tend()
        for child in self.scorers.values():
            if child.unwanted_since is None:
                child.tend()
        self.dismiss()
        self.tell()

    def follow(self) -> None:
        """Scorers for the committed state and for the one that is in force; they may differ for a while.

        A new state is a new try for what was refused before: its folder may be mended.
        """
        committed = self.endpoint.current()
        states = (committed, self.endpoint.in_force())
        anew, self.followed = committed.number != self.followed, committed.number
        self.deployments = {key_of(it): it for state in states if state for it in state.deployments.values()}
        for key, it in self.deployments.items():
            child = self.scorers.get(key)
            if child is None or child.terminated or (anew and child.phase == REFUSED):
                self.scorers[key] = Child(self.scorer_recipe(it), self.now)
            self.scorers[key].unwanted_since = None
        for key in self.scorers.keys() - self.deployments.keys():
            child = self.scorers[key]
            child.unwanted_since = child.unwanted_since or self.now()

    def dismiss(self) -> None:
        """End scorers that nobody has needed for a while."""
        for key, child in list(self.scorers.items()):
            if child.unwanted_since is not None and self.now() - child.unwanted_since >= LINGER:
                child.end()
                if child.process is None or child.process.poll() is not None:
                    del self.scorers[key]

    def tell(self) -> None:
        """Write down how all are, where that has changed."""
        scorers = {
            key: {
                "name": it.name,
                "version": it.version,
                "digest": it.digest,
                "pid": child.pid,
                "phase": child.phase,
                "reason": child.why,
                "restarts": max(child.restarts, 0),
            }
            for key, child in self.scorers.items()
            if (it := self.deployments.get(key))
        }
        gateway = {"pid": self.gateway.pid, "restarts": max(self.gateway.restarts, 0), "reason": self.gateway.reason}
        who = {"pid": os.getpid(), "address": self.address, **self.options}
        now = {**who, "followed": self.followed, "gateway": gateway, "scorers": scorers}
        if now != self.told:
            disk.write(self.layout.running, json.dumps(now, indent=2).encode())
            self.told = now

    def settled(self) -> dict[int, Where]:
        """The processes that have been up for a while, and where they should answer."""
        early = self.now() - SETTLES
        host, port = self.listening.getsockname()[:2]
        found: dict[int, Where] = {}
        for key, child in [*self.scorers.items()]:
            it = self.deployments.get(key)
            if it is not None and child.pid is not None and child.phase == READY:
                found[child.pid] = self.layout.socket(it)
        if self.gateway.pid is not None and self.gateway.started < early:
            found[self.gateway.pid] = (host, port)
        return found

    def kill(self, pid: int) -> None:
        """End a process that is stuck; the next look starts it again."""
        for child in (self.gateway, *self.scorers.values()):
            if child.process is not None and child.pid == pid:
                log.warning("process %d does not answer and is killed", pid)
                child.process.kill()

    def end(self) -> None:
        """The gateway first, whose last answers need the scorers."""
        self.liveness.stopping.set()
        self.listening.close()
        self.gateway.end()
        self.gateway.gone()
        for child in self.scorers.values():
            child.end()
        for child in self.scorers.values():
            child.gone()
        while self.handles:
            os.close(self.handles.pop())


def module(name: str, given: dict[str, Any]) -> tuple[str, ...]:
    """The words that run a module of this room with what it is given."""
    return (sys.executable, "-m", f"{layers.PACKAGE}.deployment.serving.{name}", json.dumps(given))
