"""What a caller may send: the key, and a body of a bounded length in a bounded time. All else the scorer judges."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping

from starlette.types import Message, Receive

from ...service.problems import ProblemError

LONGEST = 8 * 2**20  # bytes, as the service takes
SECONDS = 30.0


class Intake:
    """Reads requests; `key` is what callers must send, None where they need none."""

    def __init__(self, key: str | None, longest: int = LONGEST, seconds: float = SECONDS) -> None:
        self.key = key.encode() if key is not None else None
        self.longest, self.seconds = longest, seconds

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Raises `ProblemError` 401 or 413 before the body is read."""
        if self.key is not None and not hmac.compare_digest(headers.get(b"x-api-key", b""), self.key):
            wrong = "the header X-API-Key is missing" if b"x-api-key" not in headers else "X-API-Key is not the key"
            raise ProblemError(401, wrong, headers={"WWW-Authenticate": 'ApiKey header="X-API-Key"'})
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self.longest:
            raise self.too_long()

    def too_long(self) -> ProblemError:
        return ProblemError(413, f"the body is longer than {self.longest:,} bytes", headers={"Connection": "close"})

    async def read(self, receive: Receive) -> bytes | None:
        """The body; None where the caller has gone. Raises `ProblemError` 408 or 413."""
        message = await receive()
        if not message.get("more_body"):
            return self.part(message, 0)
        try:
            async with asyncio.timeout(self.seconds):
                return await self.rest(receive, message)
        except TimeoutError:
            wrong = f"the body did not arrive within {self.seconds:g} seconds"
            raise ProblemError(408, wrong, headers={"Connection": "close"}) from None

    async def rest(self, receive: Receive, message: Message) -> bytes | None:
        """A body that comes in pieces."""
        body = bytearray()
        while True:
            part = self.part(message, len(body))
            if part is None:
                return None
            body += part
            if not message.get("more_body"):
                return bytes(body)
            message = await receive()

    def part(self, message: Message, before: int) -> bytes | None:
        """A message's piece of the body."""
        if message["type"] != "http.request":
            return None
        part: bytes = message.get("body", b"")
        if before + len(part) > self.longest:
            raise self.too_long()
        return part
