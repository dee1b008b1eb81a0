"""What the gateway reads from a request and writes to a scorer and to a caller."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json
from starlette.types import Scope, Send

from ...service.problems import ProblemError
from . import wire
from .wire import Answer, Header

Headers = Mapping[bytes, bytes]
FORCED, ENTITY, REPLAY = b"azureml-model-deployment", b"x-entity", b"x-replay-at"
STORED = b"x-stored-features"  # from a scorer: so many bytes at the end of its answer are not for the caller
PASSED = (b"content-type", b"content-encoding", b"accept")
LONGEST_ENTITY = 256
MANY = 4096  # bytes of a draw


class Tokens:
    """Ids that nobody can guess, as hexadecimal digits; many are drawn at once, for each draw asks the system."""

    def __init__(self) -> None:
        self.drawn, self.at = "", 0

    def take(self, digits: int) -> str:
        if self.at + digits > len(self.drawn):
            self.drawn, self.at = secrets.token_hex(MANY), 0
        self.at += digits
        return self.drawn[self.at - digits : self.at]


def parsed(raw: bytes) -> dict[str, Any] | None:
    """The record of a body; None where it is none, which the scorer will refuse."""
    try:
        found = from_json(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def entity_of(headers: Headers, record: dict[str, Any] | None, column: str | None) -> str | None:
    """Whose request it is: what the header `X-Entity` says, else the schema's entity column of the record."""
    said = headers.get(ENTITY)
    if said is not None:
        return said.decode("latin-1")[:LONGEST_ENTITY]
    value = record.get(column) if record is not None and column is not None else None
    return None if value is None else text(value)[:LONGEST_ENTITY]


def text(value: object) -> str:
    """A key as text: the numbers 7 and 7.0 are one person."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def moment(headers: Headers) -> datetime | None:
    """When a replayed request happened; None where it does not say. Raises `ProblemError` for no time."""
    said = headers.get(REPLAY)
    if said is None:
        return None
    try:
        at = datetime.fromisoformat(said.decode("latin-1"))
    except ValueError:
        raise ProblemError(422, "X-Replay-At is no time such as 2026-01-31T08:00:00+00:00") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def forwarded(scope: Scope, headers: Headers, raw: bytes, request_id: str) -> bytes:
    """The request as the scorer gets it: of its headers only what the scorer looks at."""
    passed = [(name, headers[name]) for name in PASSED if name in headers]
    query = scope["query_string"]
    path = scope["raw_path"].partition(b"?")[0]
    where = b"%b?%b" % (path, query) if query else path
    return wire.request(scope["method"], where, raw, (*passed, (b"x-request-id", request_id.encode())))


def split(answer: Answer) -> tuple[Answer, bytes]:
    """(what the caller gets, the looked-up features that the scorer appended for the record)."""
    for at, (name, value) in enumerate(answer.headers):
        if name == STORED:
            cut = len(answer.body) - int(value)
            rest = [it for it in answer.headers[:at] + answer.headers[at + 1 :] if it[0] != b"content-length"]
            return Answer(answer.status, rest, answer.body[:cut]), answer.body[cut:]
    return answer, b""


async def reply(send: Send, answer: Answer, more: list[Header]) -> None:
    """Answer the caller."""
    headers = [it for it in answer.headers if it[0] != b"content-length"]
    headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers + more})
    await send({"type": "http.response.body", "body": answer.body})
