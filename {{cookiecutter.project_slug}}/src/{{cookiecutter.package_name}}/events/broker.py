"""The local event broker: Event Grid's namespace REST interface over SQLite, driven by Azure's own client unchanged."""

from __future__ import annotations

import asyncio
import hmac
import json
import sqlite3
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..clock import Clock
from ..workspace import database, transaction
from . import deliveries, topics
from .topics import RefusedError

VERSIONS = ("2024-06-01", "2023-11-01")
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
POLL = 0.05  # seconds between two looks of a receive that waits
T = TypeVar("T")
Answer: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True)
class Rules:
    """How a broker behaves. Azure waits as long as it is asked to, knows no ids, and keeps events up to a week."""

    patience: float = 1.0  # seconds that a receive waits at most
    known: bool = True  # an event with the source and id of another is not kept again
    retention: timedelta = topics.RETENTION


class Broker:
    """The database of a broker, and its answers. One thread does all its work; open it with `with`."""

    def __init__(self, path: Path, key: str, clock: Clock, rules: Rules) -> None:
        self.path, self.key, self.clock, self.rules = path, f"SharedAccessKey {key}".encode(), clock, rules
        self.pool, self.open = ThreadPoolExecutor(1, thread_name_prefix="broker"), ExitStack()

    def __enter__(self) -> Broker:
        self.connection = self.pool.submit(self.open.enter_context, database(self.path, topics.TABLES)).result()
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.submit(self.open.close).result()
        self.pool.shutdown()

    async def work(self, what: Callable[[sqlite3.Connection, float], T]) -> T:
        """Do something with the database and the time, in one transaction."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, self.inside, what)

    def inside(self, what: Callable[[sqlite3.Connection, float], T]) -> T:
        now = self.clock.now().timestamp()
        with transaction(self.connection):
            topics.expire(self.connection, now, self.rules.retention)
            return what(self.connection, now)

    async def publish(self, request: Request) -> Response:
        """`POST /topics/{topic}:publish`: one event or a list."""
        sent = await body(request, topics.LARGEST)
        many = kind(request, SINGLE, BATCH) == BATCH
        if many and not isinstance(sent, list):
            raise RefusedError(400, "BadRequest", f"a batch is a list, not {sent!r:.80}", fix=f"send it as {SINGLE}")
        events = sent if many else [sent]
        put = partial(topics.publish, topic=request.path_params["topic"], events=events, known=self.rules.known)
        await self.work(lambda connection, now: put(connection, now=now))
        return JSONResponse({})

    async def receive(self, request: Request) -> Response:
        """`...:receive`: locks what is there, and waits a while where nothing is."""
        most = number(request, "maxEvents", 1, range(1, 101))
        wait = min(number(request, "maxWaitTime", 60, range(10, 121)), self.rules.patience)
        until = time.monotonic() + wait

        def look(connection: sqlite3.Connection, now: float) -> list[dict[str, Any]]:
            wanted = topics.subscription(connection, **request.path_params)
            return deliveries.receive(connection, wanted, most, now)

        while not (found := await self.work(look)) and time.monotonic() < until and not await request.is_disconnected():
            await asyncio.sleep(POLL)
        return JSONResponse({"value": found})

    def settle(self, how: str) -> Answer:
        """`...:acknowledge`, `:release`, `:reject`, `:renewLock`: what the holder of locks has to say."""

        async def answer(request: Request) -> Response:
            tokens = tokens_of(await body(request, topics.LARGEST))
            delay = number(request, "releaseDelayInSeconds", 0, range(3601)) if how == "release" else 0

            def put(connection: sqlite3.Connection, now: float) -> dict[str, Any]:
                wanted = topics.subscription(connection, **request.path_params)
                return deliveries.settle(connection, wanted, how, tokens, now, delay)

            return JSONResponse(await self.work(put))

        return answer

    def guarded(self, answer: Answer) -> Answer:
        """An answer for those who have the key and speak a version that we know."""

        async def checked(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get("authorization", "").encode("latin-1"), self.key):
                fix = "send the header Authorization: SharedAccessKey <key>"
                raise RefusedError(401, "Unauthorized", "this is not the key of the broker", fix=fix)
            if request.query_params.get("api-version") not in VERSIONS:
                wrong = f"api-version {request.query_params.get('api-version')!r} is not spoken here"
                raise RefusedError(400, "BadRequest", wrong, fix=f"one of {', '.join(VERSIONS)}")
            return await answer(request)

        return checked

    def app(self) -> Starlette:
        """The interface."""
        of_topic, settled = "/topics/{topic}", "/topics/{topic}/eventsubscriptions/{name}"
        answers: dict[str, Answer] = {f"{of_topic}:publish": self.publish, f"{settled}:receive": self.receive}
        answers |= {f"{settled}:{how}": self.settle(how) for how in deliveries.CHANGES}
        routes = [Route(path, self.guarded(answer), methods=["POST"]) for path, answer in answers.items()]
        return Starlette(routes=routes, exception_handlers={RefusedError: refuse, HTTPException: refuse})


async def refuse(_: Request, error: Exception) -> Response:
    """An error as Event Grid tells it."""
    if isinstance(error, RefusedError):
        return failed(error.status, error.code, f"{error.problem}; {error.fix}")
    assert isinstance(error, HTTPException)
    return failed(
        error.status_code, {404: "NotFound", 405: "MethodNotAllowed"}.get(error.status_code, "BadRequest"), error.detail
    )


def failed(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)


async def body(request: Request, most: int) -> Any:
    """The JSON of a request, counted as it arrives. Raises `RefusedError` for another or a longer one."""
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > most:
            raise RefusedError(413, "PayloadTooLarge", f"more than {most:,} bytes", fix="send fewer or smaller events")
    try:
        return json.loads(bytes(raw))
    except ValueError as error:
        raise RefusedError(400, "BadRequest", f"not JSON: {error}", fix="send JSON in UTF-8") from None


def kind(request: Request, *allowed: str) -> str:
    """The content type. Raises `RefusedError` for one that is not allowed."""
    found = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if found not in allowed:
        raise RefusedError(415, "UnsupportedMediaType", f"content type {found!r}", fix=f"one of {', '.join(allowed)}")
    return found


def number(request: Request, name: str, default: int, allowed: range) -> int:
    """A whole number of the query. Raises `RefusedError` for one that is not allowed."""
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text[:9]) not in allowed:
        fix = f"a whole number from {allowed.start} to {allowed.stop - 1}"
        raise RefusedError(400, "BadRequest", f"{name} is {text!r}", fix=fix)
    return int(text)


def tokens_of(sent: Any) -> list[str]:
    """The lock tokens of a request's body. Raises `RefusedError` where it has none."""
    tokens = sent.get("lockTokens") if isinstance(sent, dict) else None
    if not isinstance(tokens, list) or not tokens or not all(isinstance(token, str) for token in tokens):
        raise RefusedError(400, "BadRequest", f"lockTokens is {tokens!r:.80}", fix="a list of lock tokens")
    return tokens
