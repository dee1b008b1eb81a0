"""Requests a second and latency of three servers, in turns within one run, so that a noisy machine is noisy to all."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click

from . import setting

ROUNDS, SECONDS, START_WITHIN = 7, 0.5, 90.0
SIZES, CONCURRENCY = (1, 1000), (1, 8, 64)
STATIC, OURS, MLFLOW = "static Starlette", "mlops serve", "mlflow models serve"


@dataclass(frozen=True)
class Server:
    """A running server: its port, and for each number of rows the path and the file with the body."""

    name: str
    port: int
    paths: dict[int, str]
    bodies: dict[int, Path]


@dataclass(frozen=True)
class Cell:
    """Medians over the rounds: requests a second, p50 in seconds."""

    rate: float
    p50: float


@contextmanager
def started(command: list[str], cwd: Path, port: int | None = None) -> Iterator[int]:
    """A server process; gives its port, which it prints itself unless it was given one. Stopped at the end."""
    log = setting.BUILD / f"{Path(command[1]).stem}-{port or 'own'}.log"
    with log.open("w+", encoding="utf-8") as out:
        options = {"cwd": cwd, "stdout": out, "stderr": out, "env": setting.environment()}
        process = subprocess.Popen(command, **options)  # type: ignore[call-overload]
        try:
            yield wait(process, log, port)
        finally:
            process.terminate()
            process.wait(30)


def wait(process: subprocess.Popen[bytes], log: Path, port: int | None) -> int:
    """The port, once something answers there."""
    until = time.monotonic() + START_WITHIN
    while time.monotonic() < until and process.poll() is None:
        found = port or next(
            iter(re.findall(r"serving at http://127.0.0.1:(\d+)", log.read_text(encoding="utf-8"))), None
        )
        if found and answers(int(found)):
            return int(found)
        time.sleep(0.1)
    raise click.ClickException(f"no server came up:\n{log.read_text(encoding='utf-8')[-3000:]}")


def answers(port: int) -> bool:
    """Does anything answer HTTP there, whatever it says?"""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextmanager
def servers() -> Iterator[list[Server]]:
    """All three at once; only the one that is asked works."""
    python, build = str(setting.OURS.python), setting.BUILD
    ours = [python, "-m", setting.PACKAGE, "serve", "--port", "0"]
    static = [python, str(setting.BENCH / "static_app.py")]
    free = free_port()
    mlflow = [str(setting.MLFLOW.python), "-m", "mlflow", "models", "serve", "--model-uri", str(build / "mlflow-model")]
    mlflow += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(free), "--workers", "1"]
    own = {rows: build / f"ours-{rows}.json" for rows in SIZES}
    theirs = {rows: build / f"mlflow-{rows}.json" for rows in SIZES}
    with started(static, setting.PROJECT) as a, started(ours, setting.PROJECT) as b, started(mlflow, build, free) as c:
        yield [
            Server(STATIC, a, dict.fromkeys(SIZES, "/score"), own),
            Server(OURS, b, {1: "/score", 1000: "/score/batch"}, own),
            Server(MLFLOW, c, dict.fromkeys(SIZES, "/invocations"), theirs),
        ]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def agree(ours: Server, mlflow: Server) -> float:
    """The greatest difference between the two on the thousand rows. Both must be serving the same model."""
    given = [item["prediction"] for item in asked(ours)["predictions"]]
    worst = max(abs(one - other) for one, other in zip(given, asked(mlflow)["predictions"], strict=True))
    if worst > 1e-9:
        raise click.ClickException(f"the servers' predictions differ by {worst}: they do not serve the same model")
    return float(worst)


def asked(server: Server) -> dict[str, Any]:
    """The answer to the thousand rows."""
    url, body = f"http://127.0.0.1:{server.port}{server.paths[1000]}", server.bodies[1000].read_bytes()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return dict(json.load(answer))


def measure(server: Server, rows: int, concurrency: int) -> dict[str, float]:
    """One run of the load generator."""
    spec = {"host": "127.0.0.1", "port": server.port, "path": server.paths[rows], "body": str(server.bodies[rows])}
    path = setting.BUILD / "spec.json"
    path.write_text(json.dumps({**spec, "concurrency": concurrency, "seconds": SECONDS}), encoding="utf-8")
    found: dict[str, float] = json.loads(
        setting.run(str(setting.OURS.python), str(setting.BENCH / "client.py"), str(path))
    )
    if found["errors"]:
        raise click.ClickException(f"{server.name} answered {found['errors']:g} of {found['requests']:g} with an error")
    return found


def run() -> tuple[dict[tuple[int, int, str], Cell], float]:
    """(rows, concurrency, server) -> medians, and the greatest difference between the servers' predictions."""
    found: dict[tuple[int, int, str], list[dict[str, float]]] = {}
    with servers() as running:
        difference = agree(running[1], running[2])
        for number in range(ROUNDS):
            click.echo(f"· serving, round {number + 1} of {ROUNDS}")
            for rows in SIZES:
                for concurrency in CONCURRENCY:
                    for server in running:
                        one = measure(server, rows, concurrency)
                        found.setdefault((rows, concurrency, server.name), []).append(one)
    return {key: cell(ones) for key, ones in found.items()}, difference


def cell(rounds: list[dict[str, float]]) -> Cell:
    return Cell(median(one["requests"] / one["seconds"] for one in rounds), median(one["p50"] for one in rounds))
