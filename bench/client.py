"""A load generator that is faster than what it measures: raw keep-alive connections, no HTTP library.

Runs in the emitted project's environment (for uvloop): `python client.py SPEC`, where SPEC is a JSON file with host,
port, path, body (a file), concurrency, seconds. Prints requests, errors, seconds, p50 and p99, latencies in seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

END = b"\r\n\r\n"


class Caller(asyncio.Protocol):
    """One connection that sends the next request as soon as the last one is answered."""

    def __init__(self, request: bytes, until: float, done: asyncio.Future[None]) -> None:
        self.request, self.until, self.done = request, until, done
        self.latencies: list[float] = []
        self.errors = 0
        self.buffer = b""
        self.needed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.send()

    def send(self) -> None:
        self.started = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        if not self.needed:
            head = self.buffer.find(END)
            if head < 0:
                return
            self.needed = head + len(END) + length(self.buffer[:head])
        if len(self.buffer) >= self.needed:
            self.answered()

    def answered(self) -> None:
        now = time.perf_counter()
        self.latencies.append(now - self.started)
        self.errors += not self.buffer.startswith(b"HTTP/1.1 200")
        self.buffer, self.needed = b"", 0
        if now < self.until:
            self.send()
        else:
            self.transport.close()
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


def length(head: bytes) -> int:
    """The content length of an answer."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise ValueError(f"an answer without a content length: {head[:200]!r}")


async def load(spec: dict[str, Any]) -> dict[str, float]:
    """Keep `concurrency` requests in flight for `seconds`, then wait for the last answers."""
    body = Path(spec["body"]).read_bytes()
    head = (
        f"POST {spec['path']} HTTP/1.1\r\nHost: {spec['host']}:{spec['port']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    callers = []
    for _ in range(spec["concurrency"]):
        caller = Caller(head.encode() + body, began + spec["seconds"], loop.create_future())
        await loop.create_connection(lambda one=caller: one, spec["host"], spec["port"])  # type: ignore[misc]
        callers.append(caller)
    await asyncio.gather(*(caller.done for caller in callers))
    took = time.perf_counter() - began
    latencies = sorted(latency for caller in callers for latency in caller.latencies)
    return {
        "requests": len(latencies),
        "errors": sum(caller.errors for caller in callers),
        "seconds": took,
        "p50": latencies[len(latencies) // 2],
        "p99": latencies[int(len(latencies) * 0.99)],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(load(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))))
