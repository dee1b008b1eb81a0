"""HTTP/1.1 to a scorer over its Unix socket: kept connections, one request at a time on each.

Both ends are ours. A general client costs about twice as much for each request, and that is most of the gateway's work.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import NamedTuple, cast

from httptools import HttpParserError, HttpResponseParser

Header = tuple[bytes, bytes]
# what holds for one connection only, and what the gateway says itself
LEFT_OUT = frozenset((b"connection", b"keep-alive", b"transfer-encoding", b"date", b"server", b"x-request-id"))


class Answer(NamedTuple):
    """What a scorer said; header names are in small letters, those that are the gateway's to say are left out."""

    status: int
    headers: list[Header]
    body: bytes


class UnreachableError(ConnectionError):
    """Nobody listens: the request was not sent."""


class LostError(ConnectionError):
    """The connection broke, or was too slow, after the request was sent."""


class Connection(asyncio.Protocol):
    """One connection to a scorer."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.answer: asyncio.Future[Answer] | None = None
        self.since = 0.0
        self.parser = HttpResponseParser(self)
        self.headers: list[Header] = []
        self.parts: list[bytes] = []

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send a whole request."""
        self.answer = self.pool.loop.create_future()
        self.since = time.monotonic()
        self.transport.write(request)
        return self.answer

    def give_up(self) -> None:
        """Break the connection; whoever waits for its answer learns of it."""
        self.transport.abort()

    # --- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserError:
            self.give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self.pool.forget(self)
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(LostError(f"the scorer broke off: {exc or 'it closed the connection'}"))

    # --- what the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        low = name.lower()
        if low not in LEFT_OUT:
            self.headers.append((low, value))

    def on_body(self, body: bytes) -> None:
        self.parts.append(body)

    def on_message_complete(self) -> None:
        done = Answer(self.parser.get_status_code(), self.headers, b"".join(self.parts))
        keep = self.parser.should_keep_alive()
        self.headers, self.parts = [], []
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(done)
        self.answer = None
        if keep:
            self.pool.idle.append(self)
        else:
            self.transport.close()


class Pool:
    """The connections to one scorer."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.seconds = str(path), seconds
        self.loop = asyncio.get_running_loop()
        self.idle: list[Connection] = []
        self.all: set[Connection] = set()

    async def ask(self, request: bytes) -> Answer:
        """Raises `UnreachableError` where nobody listens, `LostError` where no whole answer came."""
        while self.idle:
            connection = self.idle.pop()
            if not connection.transport.is_closing():
                return await connection.ask(request)
        return await (await self.connect()).ask(request)

    async def connect(self) -> Connection:
        try:
            _, connection = await self.loop.create_unix_connection(lambda: Connection(self), self.path)
        except OSError as error:
            raise UnreachableError(f"nobody answers at {self.path}: {error}") from None
        self.all.add(connection)
        return connection

    def forget(self, connection: Connection) -> None:
        self.all.discard(connection)
        if connection in self.idle:
            self.idle.remove(connection)

    @property
    def busy(self) -> int:
        """How many requests are on their way."""
        return len(self.all) - len(self.idle)

    def sweep(self) -> None:
        """Break off what has waited longer than it may."""
        oldest = time.monotonic() - self.seconds
        for connection in [it for it in self.all if it.answer is not None and it.since < oldest]:
            connection.give_up()

    def close(self) -> None:
        """Break all of them off."""
        for connection in list(self.all):
            connection.give_up()


def request(method: str, path: bytes, body: bytes = b"", headers: tuple[Header, ...] = ()) -> bytes:
    """A whole request."""
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    head = b"%b %b HTTP/1.1\r\nhost: scorer\r\ncontent-length: %d\r\n%b\r\n" % (method.encode(), path, len(body), lines)
    return head + body
