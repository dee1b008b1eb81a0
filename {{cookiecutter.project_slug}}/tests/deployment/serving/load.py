"""Callers that hardly rest: threads with kept connections, who count everything that is not an answer."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from . import made

PAUSE = 0.005  # seconds between an answer and the next request: what is under test needs the processor too
BROKEN = (http.client.HTTPException, OSError)


class Load:
    """`answered` counts (deployment, status); `broken` connections are tried once more, `lost` ones broke twice."""

    def __init__(self, url: str, threads: int = 3) -> None:
        self.where = urlsplit(url).netloc
        self.answered: Counter[tuple[str, int]] = Counter()
        self.broken = self.lost = 0
        self.slowest = 0.0
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(threads)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def run(self, number: int) -> None:
        caller = http.client.HTTPConnection(self.where, timeout=40)
        count = 0
        while not self.stopping.is_set():
            count += 1
            body = json.dumps(made.record(f"rider {number}-{count % 50}"))
            began = time.monotonic()
            found = self.asked(caller, body) or self.asked(caller, body)
            with self.lock:
                self.slowest = max(self.slowest, time.monotonic() - began)
                if found is None:
                    self.lost += 1
                else:
                    self.answered[found] += 1
            self.stopping.wait(PAUSE)
        caller.close()

    def asked(self, caller: http.client.HTTPConnection, body: str) -> tuple[str, int] | None:
        """(deployment, status), or None where the connection broke."""
        try:
            caller.request("POST", "/score", body, {"Content-Type": "application/json"})
            answer = caller.getresponse()
            answer.read()
        except BROKEN:
            caller.close()
            with self.lock:
                self.broken += 1
            return None
        return answer.headers.get("azureml-model-deployment", ""), answer.status

    @property
    def count(self) -> int:
        with self.lock:
            return sum(self.answered.values())

    @property
    def failed(self) -> int:
        """Whatever is not a good answer."""
        with self.lock:
            return self.lost + sum(count for (_, status), count in self.answered.items() if status != 200)
