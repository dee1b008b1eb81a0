"""`/metrics`, as Prometheus asks for it."""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ...deployment.release.world import World
from . import expose


def app(world: World) -> Starlette:
    """The application: each request reads what has come since the last one."""

    def metrics(_: Request) -> PlainTextResponse:  # not async: it reads files, and runs in a thread
        return PlainTextResponse(expose.text(world), media_type=expose.CONTENT_TYPE)

    return Starlette(routes=[Route("/metrics", metrics)])


def run(world: World, listening: socket.socket) -> None:
    """Serve until a signal."""
    settings = uvicorn.Config(app(world), log_level="warning", access_log=False, server_header=False, ws="none")
    with listening:
        uvicorn.Server(settings).run(sockets=[listening])
