"""The process of the gateway: it takes over the supervisor's listening socket, and gives it back by ending."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path

import uvicorn
import uvloop

from ...clock import SystemClock
from ...workspace import Workspace
from . import process
from .follow import Follower
from .gateway import Gateway
from .intake import Intake
from .layout import Layout
from .outcomes import Outcomes
from .records import Recorder
from .state import Endpoint

log = logging.getLogger(__name__)
SLOWEST = 30.0  # seconds that a scorer may take for one request
TAKE_TURNS = 0.001  # seconds after which the thread that writes records makes way for the requests


def main(root: str, workspace: str, listening: int, lifeline: int, guarded: bool, replay: bool) -> None:
    """Serve until a signal, or the end of the supervisor; requests that are on their way are answered first."""
    process.end_with(lifeline)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn hears them; afterwards the records are written
    sys.setswitchinterval(TAKE_TURNS)
    place = Workspace(Path(root), workspace)
    key = os.environ["MLOPS_API_KEY"] if guarded else None
    with socket.socket(fileno=listening) as taken:
        uvloop.run(Front(place, key, replay).serve(taken))


class Front:
    """The gateway with all that it needs, and the server that runs it."""

    def __init__(self, place: Workspace, key: str | None, replay: bool) -> None:
        clock, layout = SystemClock(), Layout(place)
        self.follower = Follower(Endpoint(place), layout.socket, clock, SLOWEST)
        self.recorder = Recorder(layout.records)
        outcomes = Outcomes(place, clock)
        self.gateway = Gateway(self.follower, self.recorder, outcomes, Intake(key), clock, replay)
        settings = uvicorn.Config(
            self.gateway,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="off",
            timeout_keep_alive=75,  # longer than callers keep idle connections: they should be the ones who close
            timeout_graceful_shutdown=10,
        )
        self.server = uvicorn.Server(settings)

    async def serve(self, taken: socket.socket) -> None:
        """Until a signal; requests that are on their way are answered, and all that waits is written."""
        self.recorder.start()
        self.gateway.mirror.start()
        following = asyncio.create_task(self.follower.run())
        following.add_done_callback(self.lost_sight)
        gc.collect()
        gc.freeze()  # what is there now stays: the collector need not look at it again
        await self.server.serve(sockets=[taken])
        following.cancel()
        await self.gateway.mirror.close()
        await asyncio.to_thread(self.recorder.close)
        self.follower.close()

    def lost_sight(self, following: asyncio.Task[None]) -> None:
        """A gateway that follows no more is worse than one that is started again."""
        if not following.cancelled():
            log.error("the states can no longer be followed", exc_info=following.exception())
            self.server.should_exit = True


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
