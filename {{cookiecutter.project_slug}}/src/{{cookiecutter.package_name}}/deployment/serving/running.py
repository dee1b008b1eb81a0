"""`mlops endpoint up | status | down`: one supervisor for a workspace, what it says, and its end."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ... import layers
from ...data import lock
from ...errors import DataError
from ...workspace import NAME, Workspace
from . import address, rules
from .layout import Layout, ServingError, must_be_posix
from .state import Endpoint, State
from .supervisor import Supervisor

KEY, PORT = address.KEY, 8080
COMES_UP, GOES_DOWN, LOOKS = 60.0, 60.0, 0.05  # seconds
CHILDREN: list[subprocess.Popen[bytes]] = []  # that this process has detached; they may outlive it
GLANCE = 0.5  # seconds; who asks whether an endpoint runs holds its lock for less


def up(
    place: Workspace,
    host: str,
    port: int | None,
    echo: Callable[[str], None],
    *,
    auth: bool = True,
    replay: bool = False,
) -> None:
    """Run the endpoint until a signal. Raises `ServingError` where it runs already, or cannot."""
    must_be_posix()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    key = address.api_key(host, auth)
    layout = Layout(place)
    with alone(layout):
        layout.make()
        listening = address.bound(host, port if port is not None else last_port(layout))
        supervisor = Supervisor(place, listening, address.url(listening), guarded=key is not None, replay=replay)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stopping.set())
        echo(f"workspace {place.name}, {said(Endpoint(place).current())}")
        echo("callers need no key" if key is None else f"callers need the header X-API-Key, from {KEY}")
        echo(f"serving at {supervisor.address}, documentation at {supervisor.address}/docs")
        sys.stdout.flush()
        supervisor.run()


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """One supervisor for a workspace. Raises `ServingError` naming the other one."""
    with ExitStack() as stack:
        until = time.monotonic() + GLANCE
        while True:
            try:
                stack.enter_context(lock.held(layout.folder))
                break
            except DataError:
                if time.monotonic() > until:
                    raise already(layout) from None
                time.sleep(LOOKS)
        yield


def already(layout: Layout) -> ServingError:
    """Names the supervisor that holds the workspace."""
    known = read(layout)
    where = f" as process {known['pid']} at {known['address']}" if known else ""
    fix = "`mlops endpoint down` ends it; it follows every change while it runs"
    return ServingError(f"the endpoint of {layout.place.name} runs already{where}", fix=fix)


def said(state: State) -> str:
    """A state in a few words."""
    names = ", ".join(f"{it.name} (version {it.version})" for it in state.deployments.values()) or "no deployments yet"
    mirrored = f", copies: {rules.said(state.mirror)}" if state.mirror else ""
    return f"state {state.number}: {names}; traffic: {rules.said(state.traffic)}{mirrored}"


def last_port(layout: Layout) -> int:
    """The port that the endpoint had last."""
    known = read(layout)
    return int(str(known["address"]).rpartition(":")[2]) if known else PORT


def detach(place: Workspace, words: list[str], echo: Callable[[str], None]) -> None:
    """`up` in a process of its own, which stays. Raises `ServingError` with what it said where it does not come up."""
    must_be_posix()
    layout = Layout(place)
    with alone(layout):
        layout.make()
    path = layout.log("supervisor")
    with path.open("wb") as out:
        command = [sys.executable, "-m", layers.PACKAGE, "endpoint", "up", "--workspace", place.name, *words]
        here = {**os.environ, NAME: place.name}
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=place.root, env=here
        )
    until = time.monotonic() + COMES_UP
    while time.monotonic() < until and process.poll() is None:
        known = read(layout)
        if known and known["pid"] == process.pid and ask(known, "/health/live")[0] == 200:
            echo(path.read_text(encoding="utf-8").strip())
            echo(f"process {process.pid}; `mlops endpoint down` ends it")
            CHILDREN.append(process)
            return
        time.sleep(LOOKS)
    process.terminate()
    process.wait()
    wrong = path.read_text(encoding="utf-8", errors="replace").strip()
    raise ServingError(f"the endpoint did not come up:\n{wrong}", fix=f"mend that; the whole log is {path}")


def down(place: Workspace) -> str:
    """End the endpoint: it answers what it has begun. Raises `ServingError` where it does not end in time."""
    layout = Layout(place)
    if not runs(layout):
        return f"the endpoint of {place.name} does not run"
    known = read(layout)
    if known is None:
        raise ServingError("the endpoint is just starting", fix="try again in a moment")
    os.kill(int(known["pid"]), signal.SIGTERM)
    until = time.monotonic() + GOES_DOWN
    while runs(layout):
        if time.monotonic() > until:
            raise ServingError(f"process {known['pid']} does not end", fix=f"see {layout.log('gateway')}")
        time.sleep(LOOKS)
    for child in CHILDREN:
        child.poll()
    return f"the endpoint of {place.name} is down; what was committed stays"


def runs(layout: Layout) -> bool:
    """Whether a supervisor holds the workspace."""
    try:
        with lock.held(layout.folder):
            return False
    except DataError:
        return True


def read(layout: Layout) -> dict[str, Any] | None:
    """What the supervisor wrote last, whether it still runs or not."""
    try:
        return dict(json.loads(layout.running.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def ask(known: dict[str, Any], path: str) -> tuple[int, dict[str, Any]]:
    """(status, content) of a path of the gateway; status 0 where it does not answer."""
    key = os.environ.get(KEY, "")
    request = urllib.request.Request(f"{known['address']}{path}", headers={"X-API-Key": key} if key else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, {}
    except OSError:
        return 0, {}
