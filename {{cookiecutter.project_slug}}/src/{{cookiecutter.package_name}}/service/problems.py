"""Errors as a caller sees them: problem details (RFC 9457), each naming field, value and reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
LONGEST, MOST = 80, 20


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a request."""

    field: str
    value: object
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {"field": clean(self.field), "value": shown(self.value), "reason": clean(self.reason)}


class ProblemError(Exception):
    """A request that is refused. `detail` says why in a sentence, `findings` where."""

    def __init__(
        self, status: int, detail: str, findings: Sequence[Finding] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.findings, self.headers = status, detail, findings, dict(headers or {})

    def body(self, request_id: str = "") -> bytes:
        """The problem as JSON."""
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": clean(self.detail),
        }
        if self.findings:
            content["errors"] = [finding.as_json() for finding in self.findings[:MOST]]
        if request_id:
            content["request_id"] = request_id
        return to_json(content)


def answer(problem: ProblemError, request_id: str) -> Response:
    """The problem as an HTTP response."""
    return Response(problem.body(request_id), problem.status, problem.headers, media_type=MEDIA_TYPE)


def shown(value: object) -> object:
    """The value that was wrong, short enough to send back and always valid JSON."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if abs(value) < 2**53 else clean(f"{value:.6g}" if abs(value) < 10**300 else "a very great number")
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return clean(str(value))


def clean(text: str) -> str:
    """At most `LONGEST` characters of a caller's text (long sentences of ours: three times that), as valid UTF-8."""
    most = LONGEST * 3
    short = text if len(text) <= most else text[:most] + "..."
    return short.encode("utf-8", errors="replace").decode("utf-8")
