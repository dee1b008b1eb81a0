"""What can go wrong in a call, one class for each thing that a caller may want to treat differently."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One value that was refused: `field` is its name, in a batch `records[3].name`."""

    field: str
    value: object
    reason: str


class ClientError(Exception):
    """The root of every error of this client."""


class UnreachableError(ClientError):
    """Nobody answered: the service is down, or the address is wrong."""


class DeadlineError(ClientError):
    """The service did not answer in time. It may still have done what was asked."""


class ServiceError(ClientError):
    """The service answered with a problem (RFC 9457): `detail` says which, `findings` where, `request_id` names it."""

    def __init__(self, status: int, detail: str, findings: tuple[Finding, ...] = (), request_id: str = "") -> None:
        super().__init__(f"{status}: {detail}")
        self.status, self.detail, self.findings, self.request_id = status, detail, findings, request_id


class RefusedError(ServiceError):
    """The call was not understood: a fault of this client, or of what stands between (400, 415 and the like)."""


class UnauthorizedError(ServiceError):
    """The key is missing or wrong (401, 403)."""


class NotFoundError(ServiceError):
    """There is no such path, or no such deployment (404, 405)."""


class TooLargeError(ServiceError):
    """More was sent than the service takes at once (408, 413)."""


class InvalidRecordError(ServiceError):
    """A record holds what the model does not take (422)."""


class UnavailableError(ServiceError):
    """The service cannot answer now; later it may (429, 502, 503, 504). `retry_after` is in seconds, if it says so."""

    retry_after: float | None = None


KINDS: dict[int, type[ServiceError]] = {
    401: UnauthorizedError,
    403: UnauthorizedError,
    404: NotFoundError,
    405: NotFoundError,
    408: TooLargeError,
    413: TooLargeError,
    422: InvalidRecordError,
    429: UnavailableError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


def problem(status: int, headers: Mapping[str, str], body: bytes) -> ServiceError:
    """An answer that is none -> the error to raise."""
    try:
        content: Any = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        content = {"detail": body[:200].decode("utf-8", errors="replace").strip() or "the answer says no more"}
    found = content.get("errors")
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    findings = tuple(Finding(str(row.get("field", "")), row.get("value"), str(row.get("reason", ""))) for row in rows)
    kind = KINDS.get(status, RefusedError if status < 500 else ServiceError)
    request_id = str(content.get("request_id") or headers.get("x-request-id", ""))
    error = kind(
        status, str(content.get("detail") or content.get("title") or "no reason is given"), findings, request_id
    )
    wait = headers.get("retry-after", "")
    if isinstance(error, UnavailableError) and wait.isdigit():
        error.retry_after = float(wait)
    return error
