"""Takes events that Event Grid pushes: Azure Machine Learning's own (system topics only push), into the same inbox.

Both handshakes are answered: CloudEvents' `OPTIONS`, and the validation event of Event Grid's own schema.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..clock import Clock
from ..workspace import Workspace
from . import broker, bus, cloud, consume
from .bus import BusError
from .handling import Handlers
from .schemas import EventError
from .server import listen
from .topics import LARGEST, RefusedError

log = logging.getLogger(__name__)
KEY, HEADER, QUERY = "MLOPS_WEBHOOK_KEY", "x-webhook-key", "code"
ORIGIN = "eventgrid.azure.net"
RATE = "120"  # requests a minute that we allow where the sender names no rate
PATH = "/events"


class Webhook:
    """The answers of a webhook for one workspace."""

    def __init__(
        self,
        place: Workspace,
        clock: Clock,
        key: str,
        origins: tuple[str, ...] = (ORIGIN,),
        handlers: Handlers | None = None,
    ) -> None:
        self.place, self.clock, self.key, self.origins, self.handlers = place, clock, key.encode(), origins, handlers

    async def permit(self, request: Request) -> Response:
        """CloudEvents' handshake: may this sender send here? It tells no secret, so it takes no key."""
        origin = request.headers.get("webhook-request-origin", "")
        if origin not in self.origins:
            raise RefusedError(403, "Forbidden", f"no events are taken from {origin!r}", fix="allow it with --origin")
        rate = request.headers.get("webhook-request-rate", RATE)
        return Response(
            headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": rate, "Allow": "OPTIONS, POST"}
        )

    async def take(self, request: Request) -> Response:
        """Events in either schema. 503 asks Event Grid to send them again; other refusals tell it not to."""
        self.admit(request)
        told = await broker.body(request, LARGEST)
        if request.headers.get("aeg-event-type") == "SubscriptionValidation":
            return JSONResponse({"validationResponse": code_of(told)})
        try:
            events = cloud.read(told)
        except EventError as error:
            raise RefusedError(400, "BadRequest", error.problem, fix=error.fix) from None
        done = await run_in_threadpool(
            consume.deliver, self.place, self.clock, events, echo=log.warning, handlers=self.handlers
        )
        return JSONResponse({"received": done.received, "done": done.done}, 503 if done.failed else 200)

    def admit(self, request: Request) -> None:
        """Raises `RefusedError` for who does not have the key: as a header, or as `?code=` in the address."""
        given = request.headers.get(HEADER) or request.query_params.get(QUERY, "")
        if self.key and not hmac.compare_digest(given.encode(), self.key):
            raise RefusedError(
                401, "Unauthorized", "this is not the key of the webhook", fix=f"send the header {HEADER}"
            )

    def app(self) -> Starlette:
        """The application; any ASGI server runs it."""
        routes = [Route(PATH, self.permit, methods=["OPTIONS"]), Route(PATH, self.take, methods=["POST"])]
        handlers = {RefusedError: broker.refuse, HTTPException: broker.refuse}
        return Starlette(routes=routes, exception_handlers=handlers)


def code_of(told: Any) -> str:
    """The code of a validation event. Raises `RefusedError` where there is none."""
    try:
        return str(told[0]["data"]["validationCode"])
    except (KeyError, IndexError, TypeError):
        fix = "send a SubscriptionValidationEvent"
        raise RefusedError(400, "BadRequest", "a validation without its code", fix=fix) from None


def serve(
    place: Workspace, clock: Clock, host: str, port: int, origins: tuple[str, ...], echo: Callable[[str], None]
) -> None:
    """Take events until a signal. Raises `BusError` where no key would guard an address that others can reach."""
    key = os.environ.get(KEY, "")
    if not key and not bus.loopback(host):
        raise BusError(f"{KEY} is not set, and {host} can be reached from other machines", fix=f"set {KEY}")
    with listen(port, host) as made:
        settings = uvicorn.Config(
            Webhook(place, clock, key, origins).app(),
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
        )
        guard = f"senders need the key of {KEY}" if key else "senders need no key"
        echo(f"taking events at http://{host}:{made.getsockname()[1]}{PATH}; {guard}")
        uvicorn.Server(settings).run(sockets=[made])
