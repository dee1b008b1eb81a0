"""A deployment as the gateway sees it: where its scorer listens, whether that is ready, how many wait for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from . import wire
from .state import Deployment
from .wire import Answer, LostError, Pool, UnreachableError

SCHEMA = "schema.json"  # as model/handoff.py calls it, whose import would keep a killed gateway from being back at once
READY = wire.request("GET", b"/health/ready")
EVERY, LOOK = 0.03, 1.0  # seconds between two looks at a scorer that is not ready, and at one that is
PATIENCE = 5.0  # seconds that a scorer may take to say that it is ready


class Target:
    """One scorer. `ready` follows what the scorer itself says, and the digest that it serves."""

    def __init__(self, deployment: Deployment, socket: Path, seconds: float, changed: Callable[[], None]) -> None:
        self.deployment, self.name, self.digest = deployment, deployment.name, deployment.digest
        self.pool = Pool(socket, seconds)
        self.ready = self.was_ready = False
        self.why = "it has not answered yet"
        self.entity = entity(Path(deployment.folder))
        self.headers = [(b"azureml-model-deployment", deployment.name.encode())]
        self.changed, self.look = changed, asyncio.Event()
        self.looking = asyncio.create_task(self.watch())

    async def ask(self, request: bytes) -> Answer:
        """Raises `UnreachableError` or `LostError`, and is not ready from then on until it says so again."""
        try:
            return await self.pool.ask(request)
        except (UnreachableError, LostError) as error:
            self.down(str(error))
            raise

    def down(self, why: str) -> None:
        """Give it no more requests until it has answered again."""
        self.ready, self.why = False, why
        self.look.set()

    async def watch(self) -> None:
        """Look at the scorer again and again: often until it is ready, then now and then."""
        while True:
            self.look.clear()
            said = await self.said()
            self.pool.sweep()
            if (not said) != self.ready:
                self.ready, self.why = not said, said
                self.was_ready = self.was_ready or self.ready
                self.changed()
            self.why = said
            try:
                await asyncio.wait_for(self.look.wait(), LOOK if self.ready else EVERY)
            except TimeoutError:
                continue
            await asyncio.sleep(EVERY)

    async def said(self) -> str:
        """Why the scorer is not ready; empty where it is."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self.pool.ask(READY)
        except (TimeoutError, UnreachableError, LostError) as error:
            return str(error) or f"it did not answer within {PATIENCE:g} s"
        if answer.status == 200 and self.digest.encode() in answer.body:
            return ""
        return f"it answers {answer.status} and does not serve {self.digest[:12]}"

    async def close(self) -> None:
        """Wait until nobody waits for it any more, then let go of it."""
        self.looking.cancel()
        while self.pool.busy:
            self.pool.sweep()
            await asyncio.sleep(EVERY)
        self.pool.close()


def entity(folder: Path) -> str | None:
    """The column of the record that tells whose it is; None where there is none, or where no model is there to say."""
    try:
        found = json.loads((folder / SCHEMA).read_text(encoding="utf-8"))["schema"]["table"]["entity"]
    except (OSError, ValueError, KeyError, TypeError):  # its scorer will say what is wrong with it
        return None
    return str(found) if found is not None else None
