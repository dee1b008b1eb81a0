"""The gateway follows the committed states, and acts on one only when the scorers that it needs are ready."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ...clock import Clock
from .shares import table
from .state import Deployment, Endpoint, State
from .targets import Target

log = logging.getLogger(__name__)
EVERY = 0.03  # seconds between two looks at the database


class Routes:
    """A state that is in force, made ready for quick use: `line` gives the target of each bucket."""

    def __init__(self, state: State, targets: dict[str, Target]) -> None:
        self.state = state
        self.by_name = {name: targets[key_of(it)] for name, it in state.deployments.items()}
        self.line = [self.by_name.get(name) for name in table(state.runs)]
        self.live = [self.by_name[name] for name in sorted(state.traffic, key=lambda it: -state.traffic[it])]
        self.mirrors = [(self.by_name[name], share * 100) for name, share in state.mirror.items()]
        self.entity = self.live[0].entity if self.live else None
        self.salt, self.mirror_salt = state.salt, f"{state.salt}/mirror"


class Follower:
    """Keeps `routes` at the newest state of which every deployment with requests has been seen ready."""

    def __init__(self, endpoint: Endpoint, sockets: Callable[[Deployment], Path], clock: Clock, seconds: float) -> None:
        self.endpoint, self.sockets, self.clock, self.seconds = endpoint, sockets, clock, seconds
        self.routes: Routes | None = None
        self.committed = State()
        self.targets: dict[str, Target] = {}
        self.moved = asyncio.Event()  # something became ready, or another state is in force
        self.closing: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. A gateway that starts anew first acts on what was in force, where that can be had sooner."""
        before = self.endpoint.in_force()
        with self.endpoint.open() as first, closing(sqlite3.connect(self.endpoint.path, timeout=60)) as connection:
            first.execute("SELECT 1")
            version = -1
            while True:
                now = int(connection.execute("PRAGMA data_version").fetchone()[0])
                if now != version:
                    version = now
                    self.committed = self.endpoint.current()
                    self.meet(self.committed, before if self.routes is None else None)
                await self.step(before)
                await asyncio.sleep(EVERY)

    def meet(self, *states: State | None) -> None:
        """Make a target for every deployment that may be asked."""
        for state in states:
            for it in state.deployments.values() if state else ():
                if key_of(it) not in self.targets:
                    self.targets[key_of(it)] = Target(it, self.sockets(it), self.seconds, self.wake)

    async def step(self, before: State | None) -> None:
        """Act on the committed state if it can be acted on; else, at the start, on the one before."""
        if self.routes is None or self.routes.state.number != self.committed.number:
            if self.can(self.committed):
                await self.switch(self.committed)
            elif self.routes is None and before is not None and self.can(before):
                await self.switch(before)

    def can(self, state: State) -> bool:
        """Whether every deployment that gets requests in `state` is ready."""
        return all(self.targets[key_of(state.deployments[name])].ready for name in state.used)

    async def switch(self, state: State) -> None:
        """From here on requests go by `state`; those that are on their way end where they are."""
        self.meet(state)
        self.routes = Routes(state, self.targets)
        self.wake()
        await asyncio.to_thread(self.endpoint.put_in_force, state.number, self.clock.now())
        kept = {key_of(it) for known in (state, self.committed) for it in known.deployments.values()}
        for key in self.targets.keys() - kept:
            task = asyncio.create_task(self.targets.pop(key).close())
            self.closing.add(task)
            task.add_done_callback(self.closing.discard)
        log.info("state %d is in force", state.number)

    def close(self) -> None:
        """Let go of every scorer at once."""
        for target in self.targets.values():
            target.looking.cancel()
            target.pool.close()

    def wake(self) -> None:
        """Let those look again who wait for a scorer."""
        self.moved.set()
        self.moved = asyncio.Event()

    def named(self, name: str) -> Target | None:
        """The target that a caller names: of the committed state, so that it can be tried before it counts."""
        it = self.committed.deployments.get(name)
        return self.targets.get(key_of(it)) if it else None

    @property
    def entity(self) -> str | None:
        """The column of a record that tells whose it is, by the deployment with most traffic."""
        if self.routes is not None:
            return self.routes.entity
        names = sorted(self.committed.traffic, key=lambda it: -self.committed.traffic[it])
        return self.targets[key_of(self.committed.deployments[names[0]])].entity if names else None

    @property
    def waits_for(self) -> dict[str, str]:
        """Deployments that keep the committed state from being in force, and why."""
        if self.routes is not None and self.routes.state.number == self.committed.number:
            return {}
        used = [self.targets[key_of(self.committed.deployments[name])] for name in self.committed.used]
        return {it.name: it.why for it in used if not it.ready}


def key_of(deployment: Deployment) -> str:
    """Tells one scorer from every other: the same name may stand for another model after a change."""
    return f"{deployment.name}-{deployment.digest[:12]}"
