"""The floor: Starlette with an answer that never changes, served as our service is. `python static_app.py`."""

from __future__ import annotations

import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = b'{"prediction":23.50003848677369,"model":"8c670abe5b37a106850a47687c63b7ce3a5a85e69a3f3e375792ebda2289e6d5"}'


async def answer(request: Request) -> Response:
    """Read the body, as any service must, and answer the same."""
    await request.body()
    return Response(ANSWER, media_type="application/json")


if __name__ == "__main__":
    app = Starlette(routes=[Route("/score", answer, methods=["POST"])])
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    sys.stdout.write(f"serving at http://127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    settings = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, ws="none", lifespan="off"
    )
    uvicorn.Server(settings).run(sockets=[listening])
