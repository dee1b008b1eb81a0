"""What stands before the router: answers get the model's digest and a request id, and scoring takes a short way."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import ProblemError, answer

USABLE = re.compile(rb"[A-Za-z0-9._:-]{1,64}")


class Stamp:
    """ASGI middleware; the id is also in `scope["request_id"]`.

    `direct` are the routes that are called from here, by their path; the router has them too, for what else may be
    asked of that path.
    """

    def __init__(self, app: ASGIApp, digest: str, direct: Mapping[str, ASGIApp]) -> None:
        self.app, self.direct = app, direct
        self.model = (b"x-model-digest", digest.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = given(scope) or secrets.token_hex(8).encode()
        scope["request_id"] = request_id.decode()
        stamps = [self.model, (b"x-request-id", request_id)]

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *stamps]
            await send(message)

        route = self.direct.get(scope["path"]) if scope["method"] == "POST" else None
        try:
            await (route or self.app)(scope, receive, stamped)
        except ProblemError as problem:
            await answer(problem, scope["request_id"])(scope, receive, stamped)


def given(scope: Scope) -> bytes | None:
    """The caller's own request id, where it is a usable one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return bytes(value) if USABLE.fullmatch(value) else None
    return None
