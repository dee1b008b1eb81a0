"""Callers of the endpoint: threads that send rows whose outcome is known, tell the outcome, and count what failed.

With a `Ticking` clock each request is a moment later than the one before, so that label delays of hours pass in
seconds; the endpoint must then run with `--replay`. With another clock, requests come when they come.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from ...clock import Clock, SimulatedClock
from ...model import score
from ...training import parts

THREADS, TOLD, SECONDS = 3, 25, 30.0
LAG = 150  # requests that a label delay lasts: it passes while the callers go on
PEOPLE = 997


@dataclass(frozen=True)
class Row:
    """A request's body, and what will come true."""

    body: bytes
    outcome: Any


def rows(test: Path) -> list[Row]:
    """The rows of a side of the split, which no model learned from, as callers send them."""
    table, schema = parts.read(test)
    records = score.sample(table, schema, len(table))
    outcomes = table[schema.table.target].tolist()
    return [Row(json.dumps(body).encode(), outcome) for body, outcome in zip(records, outcomes, strict=True)]


class Ticking(SimulatedClock):
    """A clock that every request moves on, from any thread."""

    def __init__(self, at: datetime, gap: timedelta) -> None:
        super().__init__(at)
        self.gap, self.lock = gap, threading.Lock()

    def tick(self) -> datetime:
        with self.lock:
            self.advance(self.gap)
            return self.at


def gap_of(label_delay: timedelta) -> timedelta:
    """How far apart requests are, so that an outcome is known soon."""
    return max(label_delay / LAG, timedelta(seconds=1))


@dataclass
class Counts:
    """What the callers met; `failed` has a line for each answer that was none."""

    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return self.answered.total() + len(self.failed)


class Callers:
    """Send rows in turn, as different people, until told to stop: `with Callers(...) as them`."""

    def __init__(self, url: str, sent: list[Row], clock: Clock, rate: float = 400.0) -> None:
        self.where, self.rows, self.clock = urlsplit(url), sent, clock
        self.counts, self.number = Counts(), count()
        self.pause, self.stopping, self.lock = THREADS / rate, threading.Event(), threading.Lock()
        self.last_id = ""
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(THREADS)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def run(self) -> None:
        """One caller after another over a connection, which is made anew where the server closed it."""
        told: list[dict[str, Any]] = []
        connection = self.connection()
        for number in self.turns():
            row = self.rows[number % len(self.rows)]
            status, event, name = self.ask(connection, number, row)
            with self.lock:
                if status == 200:
                    self.counts.answered[name] += 1
                    self.last_id = event
                else:
                    self.counts.failed.append(f"request {number}: {status} {name}")
            if event:
                told.append({"event_id": event, "value": row.outcome})
            if len(told) >= TOLD:
                self.tell(connection, told)
        self.tell(connection, told)
        connection.close()

    def turns(self) -> Iterator[int]:
        """The numbers of this thread's requests, at the rate that was asked for."""
        due = time.monotonic()
        while not self.stopping.is_set():
            yield next(self.number)
            due = max(due + self.pause, time.monotonic() - 1.0)  # who fell behind does not catch up in a rush
            self.stopping.wait(max(due - time.monotonic(), 0.0))

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.where.hostname or "127.0.0.1", self.where.port, timeout=SECONDS)

    def ask(self, connection: http.client.HTTPConnection, number: int, row: Row) -> tuple[int, str, str]:
        """(status, event id, deployment) of a request; status 0 and the error where nothing came back."""
        headers = {"Content-Type": "application/json", "X-Entity": f"person {number % PEOPLE}"}
        if isinstance(self.clock, Ticking):
            headers["X-Replay-At"] = self.clock.tick().isoformat()
        try:
            connection.request("POST", "/score", row.body, headers)
            found = connection.getresponse()
            found.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return 0, "", repr(error)
        name = found.headers.get("azureml-model-deployment", "")
        return found.status, found.headers.get("x-event-id", ""), name

    def tell(self, connection: http.client.HTTPConnection, told: list[dict[str, Any]]) -> None:
        """Post what came true, and forget it once it is kept."""
        if not told:
            return
        try:
            body = json.dumps({"outcomes": told}).encode()
            connection.request("POST", "/outcomes", body, {"Content-Type": "application/json"})
            found = connection.getresponse()
            found.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            with self.lock:
                self.counts.failed.append(f"outcomes: {error!r}")
            return
        if found.status == 200:
            told.clear()
