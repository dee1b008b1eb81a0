"""The process of one deployment: Level 1's application with one model on a Unix socket, once it answers as recorded."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...errors import MlopsError, ModelError
from ...model import check, handoff
from ...service import app
from ...service.inputs import Row
from ...service.served import Item, Served
from . import process
from .process import Told

ROUNDS = 20  # times that the sample is scored before the first caller comes
MISSING = b"x-features-missing"  # tells callers which features were null: not known, or too old to count
STORED = "stored"  # the key under which looked-up features go to the one who records


class Observed(Served):
    """A served model that tells with each prediction which features were looked up for it."""

    telling = False

    def score(self, rows: Sequence[Row]) -> list[Item]:
        items = super().score(rows)
        if self.telling and self.fill is not None:
            names = [name for name in self.schema.prepared if name in self.fill.columns]
            places = [self.schema.prepared.index(name) for name in names]
            for item, row in zip(items, rows, strict=True):
                item[STORED] = dict(zip(names, (row[at] for at in places), strict=True))
        return items


class Apart:
    """Takes looked-up features out of the answer and appends them, behind a header that says how long they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in ("/score", "/score/batch"):
            await self.app(scope, receive, send)
            return
        start: list[Message] = []

        async def apart(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
                return
            body = message["body"]
            if start[0]["status"] == 200:
                body, stored, missing = parted(body)
                kept = [it for it in start[0]["headers"] if it[0] != b"content-length"]
                more = [(b"content-length", b"%d" % len(body + stored)), (b"x-stored-features", b"%d" % len(stored))]
                if missing:
                    more.append((MISSING, ", ".join(missing).encode()))
                start[0]["headers"], body = [*kept, *more], body + stored
            await send(start[0])
            await send({**message, "body": body})

        await self.app(scope, receive, apart)


def parted(body: bytes) -> tuple[bytes, bytes, list[str]]:
    """(the answer for the caller, the looked-up features of its rows, the names of those that are null in any)."""
    found = from_json(body)
    rows = found.get("predictions", [found])
    stored = [row.pop(STORED) for row in rows]
    missing = sorted({name for row in stored for name, value in row.items() if value is None})
    return to_json(found), to_json(stored), missing


def prepared(folder: Path, digest: str) -> ASGIApp:
    """The application of the model in `folder`, which has answered its sample as recorded.

    Raises `ModelError` where the model is not `digest`, cannot be loaded, or answers otherwise.
    """
    loaded = handoff.load(folder)
    if loaded.digest != digest:
        wrong = f"{folder} holds the model {loaded.digest[:12]}, and {digest[:12]} was deployed"
        raise ModelError(wrong, fix="deploy the version again")
    served = Observed(loaded)
    made = app.create(served)
    made.openapi()  # made once, and from plain answers
    served.telling = True
    whole: ASGIApp = made if served.fill is None else Apart(made)
    asyncio.run(warm(whole, folder))
    return whole


async def warm(app: ASGIApp, folder: Path) -> None:
    """Ask as callers will, and compare. Raises `ModelError` for the first answer that is not the recorded one."""
    records = handoff.read_json(folder / handoff.REQUEST)["records"]
    recorded = handoff.read_json(folder / handoff.RESPONSE)["predictions"]
    for _ in range(ROUNDS):
        for number, (record, expected) in enumerate(zip(records, recorded, strict=True)):
            status, body = await ask(app, "/score", json.dumps(record).encode())
            given = from_json(body) if status == 200 else {"status": status}
            if not all(key in given and check.same(given[key], value) for key, value in expected.items()):
                wrong = f"sample record {number} gives {given}, and {expected} is recorded"
                raise ModelError(wrong, fix="find out why before this model is deployed again")


async def ask(app: ASGIApp, path: str, body: bytes) -> tuple[int, bytes]:
    """One request without a network; gives (status, body)."""
    said: list[Message] = []
    kind = [(b"content-type", b"application/json")]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": kind}
    scope |= {"asgi": {"version": "3.0"}, "http_version": "1.1", "query_string": b"", "scheme": "http", "root_path": ""}

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    await app(scope, receive, send)
    answered = b"".join(it.get("body", b"") for it in said[1:])
    (size,) = [int(value) for name, value in said[0]["headers"] if name == b"x-stored-features"] or [0]
    return int(said[0]["status"]), answered[: len(answered) - size]


def main(folder: str, digest: str, socket: str, said: str, lifeline: int) -> None:
    """Load, warm, listen, until a signal or the end of the supervisor."""
    import uvicorn

    process.end_with(lifeline)
    told = Told(Path(said))
    told.say(process.LOADING)
    try:
        whole = prepared(Path(folder), digest)
    except MlopsError as error:
        told.say(process.REFUSED, error.problem)
        sys.exit(f"error: {error}")
    settings = uvicorn.Config(
        whole,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        timeout_keep_alive=3600,  # the gateway keeps its connections
        timeout_graceful_shutdown=10,
    )
    with process.listening_at(Path(socket)) as listening:
        told.say(process.READY)
        uvicorn.Server(settings).run(sockets=[listening])


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
