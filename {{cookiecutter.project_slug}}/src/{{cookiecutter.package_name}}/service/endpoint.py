"""The scoring routes as plain ASGI: what runs for every prediction, and nothing else."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pydantic_core import to_json
from starlette.types import Message, Receive, Scope, Send

from .problems import ProblemError
from .records import Requests
from .served import Served

INLINE = 16_384  # bytes of a body that are scored at once; longer ones go to a thread, so that health still answers
JSON_TYPE = (b"content-type", b"application/json")
UTF_8 = ("", "charset=utf-8", 'charset="utf-8"')


@dataclass(frozen=True)
class Limits:
    """What one request may ask for: bytes of its body, records in a batch, seconds to send the body in."""

    body: int = 8 * 2**20
    batch: int = 10_000
    seconds: float = 30.0


class Scoring:
    """`POST /score` and `POST /score/batch` share all but how a body is read."""

    def __init__(self, served: Served, key: str | None, limits: Limits) -> None:
        self.served, self.limits = served, limits
        self.key = key.encode() if key is not None else None
        self.requests = Requests(served.schema, limits.batch, served.fill)
        # one worker: two batches at once would only take turns at the interpreter's lock
        self.pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scoring")

    def one(self, raw: bytes) -> bytes:
        """A record -> its answer."""
        item = self.served.score([self.requests.one(raw)])[0]
        item["model"] = self.served.digest
        return to_json(item)

    def many(self, raw: bytes) -> bytes:
        """A batch -> its answers."""
        items = self.served.score(self.requests.many(raw))
        return to_json({"model": self.served.digest, "predictions": items})

    def check(self, scope: Scope) -> None:
        """Raises `ProblemError` for what is wrong with the headers: 401, 413, 415."""
        headers = dict(scope["headers"])
        if self.key is not None and not hmac.compare_digest(headers.get(b"x-api-key", b""), self.key):
            wrong = "the header X-API-Key is missing" if b"x-api-key" not in headers else "X-API-Key is not the key"
            raise ProblemError(401, wrong, headers={"WWW-Authenticate": 'ApiKey header="X-API-Key"'})
        kind = headers.get(b"content-type", b"")
        if kind != b"application/json" and not is_json(kind.decode("latin-1").lower()):
            raise ProblemError(415, "send the body as Content-Type: application/json, in UTF-8")
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise ProblemError(415, "send the body without Content-Encoding", headers={"Accept-Encoding": "identity"})
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self.limits.body:
            raise self.too_long()

    def too_long(self) -> ProblemError:
        return ProblemError(413, f"the body is longer than {self.limits.body:,} bytes", headers={"Connection": "close"})

    async def read(self, receive: Receive) -> bytes | None:
        """The body, counted as it arrives whatever its header said; None where the caller has gone."""
        message = await receive()
        if message.get("more_body"):
            try:
                async with asyncio.timeout(self.limits.seconds):
                    return await self.rest(receive, message)
            except TimeoutError:
                wrong = f"the body did not arrive within {self.limits.seconds:g} seconds"
                raise ProblemError(408, wrong, headers={"Connection": "close"}) from None
        return self.counted(message, 0)

    async def rest(self, receive: Receive, message: Message) -> bytes | None:
        """A body that comes in pieces."""
        parts: list[bytes] = []
        size = 0
        while True:
            part = self.counted(message, size)
            if part is None:
                return None
            parts.append(part)
            size += len(part)
            if not message.get("more_body"):
                return b"".join(parts)
            message = await receive()

    def counted(self, message: Message, before: int) -> bytes | None:
        """A message's piece of the body. Raises `ProblemError` where it makes the body too long."""
        if message["type"] != "http.request":
            return None
        part: bytes = message.get("body", b"")
        if before + len(part) > self.limits.body:
            raise self.too_long()
        return part

    def route(self, work: Callable[[bytes], bytes]) -> Route:
        """An ASGI application that answers a request by `work`."""
        return Route(self, work)


def is_json(kind: str) -> bool:
    """A content type in lower case: JSON, in UTF-8 where it says."""
    name, _, parameter = kind.partition(";")
    return name.strip() == "application/json" and parameter.strip() in UTF_8


class Route:
    """One of the two routes. Starlette takes an object, unlike a function, as the application itself."""

    def __init__(self, scoring: Scoring, work: Callable[[bytes], bytes]) -> None:
        self.scoring, self.work = scoring, work
        self.fast = scoring.served.way.fast

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scoring.check(scope)
        raw = await self.scoring.read(receive)
        if raw is None:
            return
        if self.fast and len(raw) <= INLINE:
            body = self.work(raw)
        else:
            body = await asyncio.get_running_loop().run_in_executor(self.scoring.pool, self.work, raw)
        headers = [JSON_TYPE, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
