"""JSON over HTTP by the standard library: connections are kept, and one more try is made where one was lost."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from .errors import DeadlineError, InvalidRecordError, ServiceError, UnreachableError, problem

LOST = (ConnectionError, http.client.BadStatusLine, http.client.IncompleteRead, http.client.CannotSendRequest)


@dataclass(frozen=True)
class Answer:
    """The content of a good answer, and its headers by their names in small letters."""

    content: Any
    headers: Mapping[str, str]


class Transport:
    """Calls to the service at `url`, with `key` where it asks for one. `timeout` is in seconds, for each wait."""

    def __init__(self, url: str, key: str = "", *, timeout: float = 10.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a service; write it as https://host:port")
        self.secure, self.host, self.port = parts.scheme == "https", parts.hostname, parts.port
        self.base, self.timeout = parts.path.rstrip("/"), timeout
        self.headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key:
            self.headers["X-API-Key"] = key
        self.idle: list[http.client.HTTPConnection] = []
        self.lock = threading.Lock()

    def post(self, path: str, content: object, headers: Mapping[str, str] | None = None) -> Answer:
        """Send `content`; gives the answer. Raises `ClientError` of some kind where there is no good one."""
        body = encoded(content)
        try:
            return self.once(path, body, headers or {})
        except LOST:
            self.close()  # what the service has closed meanwhile is of no use, and the others are as old
        try:
            return self.once(path, body, headers or {})
        except LOST as error:
            raise UnreachableError(f"{self.where}{path} cannot be reached: {error}") from error

    def once(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One try."""
        connection = self.taken()
        try:
            connection.request("POST", f"{self.base}{path}", body, {**self.headers, **headers})
            response = connection.getresponse()
            data = response.read()
        except TimeoutError as error:
            connection.close()
            raise DeadlineError(f"{self.where}{path} did not answer within {self.timeout:g} s") from error
        except LOST:
            connection.close()
            raise
        except OSError as error:  # such as a name that is not known
            connection.close()
            raise UnreachableError(f"{self.where}{path} cannot be reached: {error}") from error
        with self.lock:
            self.idle.append(connection)
        return read(response, data)

    @property
    def where(self) -> str:
        return f"{self.host}{f':{self.port}' if self.port else ''}{self.base}"

    def taken(self) -> http.client.HTTPConnection:
        """A connection for this call alone."""
        with self.lock:
            if self.idle:
                return self.idle.pop()
        if self.secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout, context=context)
        return http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)

    def close(self) -> None:
        """Let go of the connections; the next call makes a new one."""
        with self.lock:
            idle, self.idle = self.idle, []
        for connection in idle:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read(response: http.client.HTTPResponse, data: bytes) -> Answer:
    """The answer. Raises `ServiceError` where it is none."""
    found = {name.lower(): value for name, value in response.getheaders()}
    if not 200 <= response.status < 300:
        raise problem(response.status, found, data)
    try:
        return Answer(json.loads(data), found)
    except ValueError:
        raise ServiceError(response.status, "the answer is not JSON", (), found.get("x-request-id", "")) from None


def encoded(content: object) -> bytes:
    """JSON bytes. Raises `InvalidRecordError` for a value that JSON has no form for, before anything is sent."""
    try:
        return json.dumps(content, default=plain, allow_nan=False, ensure_ascii=False).encode("utf-8")
    except (ValueError, TypeError) as error:
        raise InvalidRecordError(422, f"a value cannot be sent: {error}") from error


def plain(value: object) -> str:
    """Times as ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is neither a number, a text, a truth, a time nor None")
