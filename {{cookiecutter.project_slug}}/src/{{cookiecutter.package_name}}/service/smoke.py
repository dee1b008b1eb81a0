"""`mlops smoke`: start the installed service as its users would; it is ready, guarded, and answers as recorded."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib import error, request

from ..clock import Clock
from ..errors import MlopsError
from ..model import check, handoff
from ..model.project import Schema
from . import serve, standin, store

PACKAGE = __name__.split(".")[0]
SECONDS = 60
FIX = "see the lines above; do not release this"


class SmokeError(MlopsError):
    """The service does not do what its users need most."""


def run(schema: Callable[[], Schema], models: store.Store, clock: Clock, echo: Callable[[str], None]) -> None:
    """Smoke-test with the accepted model; where there is none, with a stand-in of `schema()`'s shape."""
    with tempfile.TemporaryDirectory() as folder:
        if models.current() is None:
            echo(f"{models.root} holds no accepted model: a stand-in of project.toml's shape is made")
            models = standin.make(schema(), Path(folder), clock)
        kept = models.load().folder
        key = secrets.token_urlsafe(16)
        with started(models.root, key) as url:
            for line in probe(url, key, kept):
                echo(line)


@contextmanager
def started(models: Path, key: str) -> Iterator[str]:
    """A service process of its own on a free port; gives its address once it listens, and stops it at the end."""
    command = [sys.executable, "-m", PACKAGE, "serve", "--port", "0", "--models", str(models)]
    environment = {**os.environ, serve.KEY: key, "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8")  # noqa: S603
        deadline = threading.Timer(SECONDS, process.kill)
        deadline.start()
        try:
            yield address(process, errors)
        finally:
            deadline.cancel()
            process.terminate()
            process.communicate()


def address(process: subprocess.Popen[str], errors: Any) -> str:
    """Where the process says that it serves. Raises `SmokeError` with what it complained of where it ends instead."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("serving at "):
            return line.removeprefix("serving at ").split(",")[0].strip()
    errors.seek(0)
    raise SmokeError(f"the service did not start within {SECONDS} s: {errors.read().strip()}", fix=FIX)


def probe(url: str, key: str, folder: Path) -> Iterator[str]:
    """Ask the service what matters, with the samples of the model in `folder`. Raises at the first wrong answer."""
    for path in ("/health/live", "/health/ready"):
        expect(path, 200, ask(url + path)[0])
        yield f"{path} answers"
    sample = handoff.read_json(folder / handoff.REQUEST)
    expect("/score/batch without a key", 401, ask(f"{url}/score/batch", sample)[0])
    yield "callers without a key are refused"
    status, answer = ask(f"{url}/score/batch", sample, key)
    expect("/score/batch", 200, status)
    recorded = handoff.read_json(folder / handoff.RESPONSE)["predictions"]
    given = answer.get("predictions", [])
    if len(given) != len(recorded) or not all(map(check.same, given, recorded)):
        raise SmokeError(f"the sample gives {given}, and {recorded} is recorded", fix=FIX)
    yield f"{len(given)} sample predictions are as recorded"


def ask(url: str, body: dict[str, Any] | None = None, key: str = "") -> tuple[int, dict[str, Any]]:
    """(status, JSON body) of a GET, or of a POST where there is a `body`."""
    headers = {"Content-Type": "application/json", **({"X-API-Key": key} if key else {})}
    data = None if body is None else json.dumps(body).encode()
    asked = request.Request(url, data, headers)  # noqa: S310
    try:
        with request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except error.HTTPError as refused:
        with refused:
            return refused.code, {}
    except OSError as broken:
        raise SmokeError(f"{url} does not answer: {broken}", fix=FIX) from None


def expect(what: str, wanted: int, status: int) -> None:
    if status != wanted:
        raise SmokeError(f"{what} gives {status} and not {wanted}", fix=FIX)
