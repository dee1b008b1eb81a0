"""The callers of a season: they ask about each step's rows, and tell later what came true."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from ...model import score
from ...model.project import Schema

THREADS, MANY, SECONDS = 3, 100, 30.0


@dataclass(frozen=True)
class Question:
    """A request: its body, its time as text, whose it is, and what will come true."""

    body: bytes
    at: str
    whose: str
    outcome: Any


@dataclass
class Crowd:
    """`failed` has a line for each request that was not answered; `waiting` are outcomes that are not told yet."""

    address: str
    asked: int = 0
    failed: list[str] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    local: threading.local = field(default_factory=threading.local)
    connections: list[http.client.HTTPConnection] = field(default_factory=list)

    def ask(self, questions: Iterable[Question]) -> None:
        """Ask all, over a few connections; keep what came true with the ids of the answers."""
        with ThreadPoolExecutor(THREADS) as pool:
            for question, (status, event) in pool.map(self.one, questions):
                self.asked += 1
                if status == 200:
                    self.waiting.append({"event_id": event, "value": question.outcome})
                else:
                    self.failed.append(f"{question.at}: {status} {event}")
        self.hang_up()

    def one(self, question: Question) -> tuple[Question, tuple[int, str]]:
        headers = {"Content-Type": "application/json", "X-Entity": question.whose, "X-Replay-At": question.at}
        return question, self.post("/score", question.body, headers)

    def tell(self) -> None:
        """Tell what came true of all that was asked before. Raises `OSError` where it is not taken."""
        for start in range(0, len(self.waiting), MANY):
            body = json.dumps({"outcomes": self.waiting[start : start + MANY]}).encode()
            status, said = self.post("/outcomes", body, {"Content-Type": "application/json"})
            if status != 200:
                raise OSError(f"outcomes were not taken: {status} {said}")
        self.waiting.clear()
        self.hang_up()

    def hang_up(self) -> None:
        """End all connections: by the next time the server may be another one."""
        for it in self.connections:
            it.close()
        self.connections.clear()
        self.local = threading.local()

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """(status, event id); status 0 and the reason where nothing came back."""
        connection = self.connection()
        try:
            connection.request("POST", path, body, headers)
            found = connection.getresponse()
            found.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return 0, repr(error)
        return found.status, found.headers.get("x-event-id", "")

    def connection(self) -> http.client.HTTPConnection:
        """This thread's own."""
        if not hasattr(self.local, "connection"):
            where = urlsplit(self.address)
            self.local.connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=SECONDS)
            self.connections.append(self.local.connection)
        kept: http.client.HTTPConnection = self.local.connection
        return kept


def questions(rows: pd.DataFrame, schema: Schema, people: int = 997) -> list[Question]:
    """Rows as requests, in their order, each at its own time; who asks is its entity, else one of `people`."""
    records = score.sample(rows, schema, len(rows))
    times = pd.to_datetime(rows[schema.table.timestamp]).dt.tz_localize(UTC)
    outcomes = rows[schema.table.target].tolist()
    found = zip(records, times, outcomes, strict=True)
    return [
        Question(json.dumps(record).encode(), at.isoformat(), f"person {number % people}", outcome)
        for number, (record, at, outcome) in enumerate(found)
    ]
