"""The status over HTTP: the page at /, the same as JSON at /status.json."""

from __future__ import annotations

from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ...service import serve as serving
from . import page
from .section import Report


def app(look: Callable[[], Report]) -> Starlette:
    """Serves what `look` sees at each request; 503 where something needs somebody, for whoever watches from outside."""

    def shown(_: Request) -> Response:
        return HTMLResponse(page.html(look()), headers={"Cache-Control": "no-store"})

    def told(_: Request) -> Response:
        found = look()
        return JSONResponse(found.as_json(), status_code=503 if found.state == "wrong" else 200)

    return Starlette(routes=[Route("/", shown), Route("/status.json", told)])


def serve(look: Callable[[], Report], port: int, echo: Callable[[str], None]) -> None:
    """Until Ctrl+C, on this machine only: it asks nobody who he is. Raises `ServeError` where the port is taken."""
    listening = serving.listen("127.0.0.1", port)
    settings = uvicorn.Config(
        app(look), log_level="warning", access_log=False, server_header=False, ws="none", lifespan="off"
    )
    echo(f"the status is at {serving.address(listening)}; Ctrl+C ends it")
    with listening:
        uvicorn.Server(settings).run(sockets=[listening])
