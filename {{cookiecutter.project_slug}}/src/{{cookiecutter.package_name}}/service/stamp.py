"""Every answer carries the model's digest and a request id, the caller's own where it sent a usable one."""

from __future__ import annotations

import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

USABLE = re.compile(rb"[A-Za-z0-9._:-]{1,64}")


class Stamp:
    """ASGI middleware; the id is also in `scope["request_id"]`."""

    def __init__(self, app: ASGIApp, digest: str) -> None:
        self.app = app
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

        await self.app(scope, receive, stamped)


def given(scope: Scope) -> bytes | None:
    """The caller's own request id."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and USABLE.fullmatch(value):
            return bytes(value)
    return None
