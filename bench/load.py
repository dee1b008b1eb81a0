"""The endpoint under load, and what its gateway costs. Run by an emitted repo's Python, from that repo's root:

`python .../bench/load.py [--seconds 60] [--rounds 5]` (the package is found in `src`). It needs wrk, Debian's package.

First the same scorer alone, behind the gateway, as `mlflow models serve` and a bare Starlette answer, in turns, so that
a busy machine is busy for all. Then one long run against the gateway, with traffic changes, three releases of which one
is broken, and a scorer that is killed: not one request may fail.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import click

HERE = Path(__file__).parent
SOURCE = Path("src").resolve()
PACKAGE = next((path.parent.name for path in SOURCE.glob("*/layers.py")), "")
CHANGES, CONNECTIONS, ROUND = 20, 16, 2.0
CONCURRENCY = (1, 8, 32)
BARE, ALONE, GATEWAY, MLFLOW = "bare Starlette", "the scorer alone", "the gateway", "mlflow models serve"
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local ready, next = {{}}, 0
function init(args)
    for line in io.lines("{bodies}") do
        ready[#ready + 1] = wrk.format(nil, nil, nil, line)
    end
end
function request()
    next = next % #ready + 1
    return ready[next]
end
function done(summary, latency, requests)
    local e = summary.errors
    local ms = function(at) return latency:percentile(at) / 1000 end
    io.write(string.format('FOUND {{"requests":%d,"seconds":%.3f,"p50":%.3f,"p99":%.3f,"slowest":%.3f,',
        summary.requests, summary.duration / 1e6, ms(50), ms(99), latency.max / 1000))
    io.write(string.format('"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\\n',
        e.connect, e.read, e.write, e.status, e.timeout))
end
"""


def part(name: str) -> ModuleType:
    """A module of the emitted package."""
    if str(SOURCE) not in sys.path:
        sys.path.insert(0, str(SOURCE))
    return import_module(f"{PACKAGE}.{name}")


def prepare(scratch: Path) -> None:
    """Three good models, a broken one, an accepted one for `mlops serve`, one for MLflow, and a record for each server.

    Runs in a process of its own, which then gives back its memory.
    """
    project, train, accept = part("model.project"), part("model.train"), part("service.accept")
    store, handoff, clock = part("service.store"), part("model.handoff"), part("clock")
    whole = project.load()
    table = Path(whole.table.path)
    if not table.is_file():
        words = [sys.executable, "-m", PACKAGE, "sample"]
        subprocess.run(words, check=True, env=environment(), stdout=subprocess.DEVNULL)
    for number in (1, 2, 3):
        schema = whole.schema_only.model_copy(update={"training": whole.training.model_copy(update={"seed": number})})
        train.run(schema, table, scratch / f"model-{number}")
    broken = shutil.copytree(scratch / "model-2", scratch / "broken")
    (broken / handoff.MODEL).write_bytes((broken / handoff.MODEL).read_bytes()[:-1] + b"x")
    expected = handoff.load(scratch / "model-1").schema
    accept.run(scratch / "model-1", expected, store.Store(scratch / "models"), clock.SystemClock(), "bench", "bench")
    words = [str(HERE / "requests_for.py"), PACKAGE, str(scratch / "model-1"), str(table), str(scratch)]
    subprocess.run([sys.executable, *words], check=True, env=environment())
    records = json.loads((scratch / "ours-1000.json").read_text(encoding="utf-8"))["records"]
    for name, bodies in (("ours", records), ("mlflow", [json.loads((scratch / "mlflow-1.json").read_bytes())])):
        lines = "".join(json.dumps(body) + "\n" for body in bodies)
        (scratch / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    words = [str(HERE / "save_mlflow.py"), str(scratch / "model-1"), str(scratch / "mlflow")]
    subprocess.run([sys.executable, *words], check=True, env=environment(), stderr=subprocess.DEVNULL)


def environment() -> dict[str, str]:
    """No key, no telemetry; the programs of this environment first, for MLflow starts its server by name."""
    kept = {name: value for name, value in os.environ.items() if name not in ("MLOPS_API_KEY", "MLOPS_WORKSPACE")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**kept, "PATH": path, "PYTHONPATH": str(SOURCE), "MLFLOW_DISABLE_TELEMETRY": "true", "OMP_NUM_THREADS": "1"}


@contextmanager
def server(words: list[str], scratch: Path, name: str, port: int | None = None) -> Iterator[str]:
    """A server process; gives its address, which it prints unless it was given a port."""
    log = scratch / f"{name}.log"
    with log.open("w+", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=scratch, env=environment(), stdout=out, stderr=out, start_new_session=True
        )
        try:
            yield wait(log, process, port)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def wait(log: Path, process: subprocess.Popen[bytes], port: int | None) -> str:
    """The address, once something answers there."""
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        said = re.search(r"serving at (http://127.0.0.1:\d+)", log.read_text(encoding="utf-8"))
        address = f"http://127.0.0.1:{port}" if port else said and said[1]
        if address and answers(address):
            return str(address)
        time.sleep(0.1)
    raise SystemExit(f"{log.stem} did not come up:\n{log.read_text(encoding='utf-8')[-2000:]}")


def answers(address: str) -> bool:
    """Does anything answer there, whatever it says?"""
    try:
        urllib.request.urlopen(f"{address}/", timeout=5).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


class Endpoint:
    """The endpoint of the scratch folder: its processes, and the changes that are made to it."""

    def __init__(self, scratch: Path) -> None:
        shutil.copyfile("workspaces.toml", scratch / "workspaces.toml")
        self.scratch, self.place = scratch, part("deployment.promotion.workspaces").load(scratch).serving
        self.state, self.status = part("deployment.serving.state"), part("deployment.serving.status")
        self.digest = {name: self.digest_of(name) for name in ("model-1", "model-2", "model-3")}
        self.digest["broken"] = self.digest["model-2"]

    def digest_of(self, name: str) -> str:
        return str(json.loads((self.scratch / name / "schema.json").read_text(encoding="utf-8"))["model_sha256"])

    def deploy(self, name: str, model: str) -> None:
        self.change(self.state.deploy(name, model, self.digest[model], self.scratch / model))

    def route(self, **traffic: int) -> None:
        self.change(self.state.route(traffic))

    def change(self, step: Any) -> None:
        endpoint = self.state.Endpoint(self.place)
        endpoint.change(step, at=datetime.now(UTC), by="bench", reason="bench")

    def settle(self, seconds: float = 60) -> Any:
        return self.status.settle(self.place, seconds)

    @contextmanager
    def up(self) -> Iterator[str]:
        self.mlops("endpoint", "up", "--detach", "--port", "0")
        try:
            yield str(self.settle().address)
        finally:
            self.mlops("endpoint", "down")

    def mlops(self, *words: str) -> None:
        command = [sys.executable, "-m", PACKAGE, *words]
        subprocess.run(command, cwd=self.scratch, env=environment(), check=True, stdout=subprocess.DEVNULL)


def wrk(address: str, path: str, bodies: Path, connections: int, seconds: float) -> subprocess.Popen[str]:
    """The load generator, started. It sends a thousand records of many entities in turns."""
    script = bodies.with_suffix(".lua")
    script.write_text(SCRIPT.format(bodies=bodies), encoding="utf-8")
    threads = min(2, connections)
    words = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(script)]
    return subprocess.Popen([*words, f"{address}{path}"], stdout=subprocess.PIPE, text=True)


def figures(process: subprocess.Popen[str]) -> dict[str, float]:
    """What wrk found: requests, seconds, latencies in milliseconds, and failures by kind."""
    said, _ = process.communicate()
    found: dict[str, float] = json.loads(said.rpartition("FOUND ")[2])
    found["failed"] = sum(found[kind] for kind in ("connect", "read", "write", "status", "timeout"))
    found["rate"] = found["requests"] / found["seconds"]
    return found


def compare(scratch: Path, rounds: int, endpoint: Endpoint) -> None:
    """The four servers in turns; prints medians and ratios."""
    own, theirs = scratch / "ours.jsonl", scratch / "mlflow.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    serve = ["-m", PACKAGE, "serve", "--port", "0", "--models", str(scratch / "models")]
    mlflow = ["-m", "mlflow", "models", "serve", "--model-uri", str(scratch / "mlflow"), "--env-manager", "local"]
    mlflow += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    found: dict[tuple[int, str], list[dict[str, float]]] = {}
    with ExitStack() as stack:
        running = {
            BARE: (stack.enter_context(server([str(HERE / "static_app.py")], scratch, "bare")), "/score", own),
            ALONE: (stack.enter_context(server(serve, scratch, "serve")), "/score", own),
            GATEWAY: (stack.enter_context(endpoint.up()), "/score", own),
            MLFLOW: (stack.enter_context(server(mlflow, scratch, "mlflow", port)), "/invocations", theirs),
        }
        for number in range(rounds):
            click.echo(f"· round {number + 1} of {rounds}", err=True)
            for connections in CONCURRENCY:
                for name, (address, path, bodies) in running.items():
                    one = figures(wrk(address, path, bodies, connections, ROUND))
                    if one["failed"]:
                        raise SystemExit(f"{name} failed {one['failed']:g} of {one['requests']:g} requests: {one}")
                    found.setdefault((connections, name), []).append(one)
    table(found)


def table(found: dict[tuple[int, str], list[dict[str, float]]]) -> None:
    """Medians, and the gateway beside each of the others."""
    click.echo("| at once | server | requests/s | p50 ms | p99 ms | gateway: requests/s | p50 | p99 |")
    click.echo("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for (connections, name), ones in found.items():
        mine, theirs = (
            {key: median(one[key] for one in many) for key in ("rate", "p50", "p99")}
            for many in (found[connections, GATEWAY], ones)
        )
        ratios = " | ".join(f"{mine[key] / theirs[key]:.2f}x" for key in ("rate", "p50", "p99"))
        figures = f"{theirs['rate']:,.0f} | {theirs['p50']:.2f} | {theirs['p99']:.2f}"
        click.echo(f"| {connections} | {name} | {figures} | {ratios} |")


def releases(endpoint: Endpoint, seconds: float) -> Iterator[str]:
    """Twenty changes of traffic, three releases (the second is broken), one killed scorer; tells what was done."""
    began, pause = time.monotonic(), seconds / (CHANGES + 4)
    for number in range(CHANGES):
        time.sleep(max(0.0, began + pause * (number + 1) - time.monotonic()))
        if number == 0:
            endpoint.deploy("green", "model-2")
            yield "released model-2 as green"
        if number == 7:
            yield f"refused the broken one: {broken(endpoint)}"
        if number == 12:
            endpoint.deploy("blue", "model-3")
            yield "released model-3 in the place of blue"
        if number == 16:
            os.kill(endpoint.settle().scorers["green"].pid, signal.SIGKILL)
            yield "killed the scorer of green"
        share = (5, 25, 50, 75)[number % 4]
        endpoint.route(blue=100 - share, green=share)
        endpoint.settle()


def broken(endpoint: Endpoint) -> str:
    """Try to give all traffic to a model that does not load; gives what the endpoint says of it."""
    endpoint.deploy("red", "broken")
    endpoint.route(red=100)
    try:
        endpoint.settle(10)
    except part("deployment.serving.layout").ServingError as error:
        endpoint.route(blue=50, green=50)
        endpoint.change(endpoint.state.remove("red"))
        return str(error.problem).splitlines()[0][:120]
    raise SystemExit("a broken model was given traffic")


def under_load(endpoint: Endpoint, seconds: float) -> int:
    """The long run; gives how many requests failed."""
    endpoint.route(blue=100)
    with endpoint.up() as address:
        load = wrk(address, "/score", endpoint.scratch / "ours.jsonl", CONNECTIONS, seconds)
        for done in releases(endpoint, seconds):
            click.echo(f"· {done}", err=True)
        early = load.poll() is not None
        found, now = figures(load), endpoint.status.read(endpoint.place)
    kept = now.gateway["records"]
    many = (
        f"{found['requests']:,.0f} requests in {found['seconds']:.0f} s, {CONNECTIONS} at once: {found['rate']:,.0f} /s"
    )
    click.echo(f"\n{many}, p50 {found['p50']:.2f} ms, p99 {found['p99']:.2f} ms, slowest {found['slowest']:.0f} ms")
    click.echo(f"answers by deployment and status: {now.gateway['answered']}")
    click.echo(f"retried on another scorer: {now.gateway['dealer']['retried']}")
    click.echo(f"recorded {kept['written'] + kept['waiting']:,}, lost {kept['lost']:,}")
    failures = {kind: int(found[kind]) for kind in ("connect", "read", "write", "status", "timeout")}
    click.echo(f"failed requests: {found['failed']:.0f} {failures}")
    if early:
        click.echo("the load ended before the last change did: give it more --seconds")
    return int(found["failed"]) + int(early)


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--seconds", type=float, default=60.0)
    wanted.add_argument("--rounds", type=int, default=5)
    wanted.add_argument("--prepare", type=Path)
    given = wanted.parse_args()
    if not PACKAGE:
        raise SystemExit("there is no src/*/layers.py here: run this from the root of an emitted repo")
    if given.prepare:
        prepare(given.prepare)
        return
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: apt-get install -y wrk")
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        scratch = Path(folder)
        words = [sys.executable, __file__, "--prepare", folder]
        subprocess.run(words, check=True, env=environment(), stdout=sys.stderr)
        endpoint = Endpoint(scratch)
        endpoint.deploy("blue", "model-1")
        endpoint.route(blue=100)
        if given.rounds:
            compare(scratch, given.rounds, endpoint)
        failed = under_load(endpoint, given.seconds) if given.seconds else 0
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
