"""Mirrored traffic: copies of live requests for a deployment that is watched, after the caller has been answered.

A copy is never waited for. Where the watched scorer is slower than the traffic, copies are dropped and counted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from .lines import Note
from .targets import Target
from .wire import Answer, LostError, UnreachableError

MOST, AT_ONCE = 1_000, 4


@dataclass
class Copied:
    """What became of the copies so far: `missed` ones found their scorer not ready."""

    answered: int = 0
    failed: int = 0
    dropped: int = 0
    missed: int = 0


class Mirror:
    """Sends copies by a few workers, and notes what comes back."""

    def __init__(self, put: Callable[[Note, Answer], None], most: int = MOST, at_once: int = AT_ONCE) -> None:
        self.put, self.at_once = put, at_once
        self.waiting: asyncio.Queue[tuple[Target, bytes, Note]] = asyncio.Queue(most)
        self.copied = Copied()
        self.workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self.workers = [asyncio.create_task(self.work()) for _ in range(self.at_once)]

    def copy(self, target: Target, request: bytes, live: Note) -> None:
        """Send `request` to `target` too, if there is room."""
        try:
            self.waiting.put_nowait((target, request, live))
        except asyncio.QueueFull:
            self.copied.dropped += 1

    async def work(self) -> None:
        while True:
            target, request, live = await self.waiting.get()
            if target.ready:
                await self.ask(target, request, live)
            else:
                self.copied.missed += 1

    async def ask(self, target: Target, request: bytes, live: Note) -> None:
        """One copy."""
        began = time.perf_counter()
        try:
            answer = await target.ask(request)
        except (UnreachableError, LostError):
            answer = Answer(502, [], b"")
        if answer.status < 500:
            self.copied.answered += 1
        else:
            self.copied.failed += 1
        latency = (time.perf_counter() - began) * 1000
        note = replace(live, event=f"{live.event}-shadow", shadow=True, status=answer.status, latency_ms=latency)
        it = target.deployment
        self.put(replace(note, deployment=it.name, version=it.version, digest=it.digest, assigned=it.name), answer)

    async def close(self) -> None:
        for worker in self.workers:
            worker.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)
