"""Runs the local broker on loopback, in a thread or as a process of its own, and finds the one that runs.

One at a time for a repo: the operating system's lock tells, so that one which was killed is never taken for running.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from ..clock import Clock, SystemClock
from ..data import disk, lock
from ..errors import DataError
from ..workspace import Workspace, database, transaction
from . import bus, topics
from .broker import Broker, Rules
from .bus import Address, BusError
from .topics import Subscription

HOST, PATIENCE = "127.0.0.1", 10.0  # seconds that a broker may take to answer after its start


def folder(place: Workspace) -> Path:
    """Where a broker keeps its lock, its key, and its address while it runs."""
    return place.broker.parent / ".broker"


@contextmanager
def reached(place: Workspace, clock: Clock) -> Iterator[Address]:
    """The broker to use: the environment's, the one that runs for this repo, or else one for as long as this lasts.

    Raises `BusError` where the environment's address is not to be used, or the one that runs does not answer.
    """
    address = bus.elsewhere(place)
    if address is not None:
        yield address
        return
    with local(place, clock) as address:
        yield address


@contextmanager
def local(place: Workspace, clock: Clock) -> Iterator[Address]:
    """The broker that runs for this repo, or one for as long as this lasts. Raises `BusError` as `running` does."""
    subscribe(place, [])
    with ExitStack() as stack:
        if take(stack, place):
            yield stack.enter_context(started(place, clock, Rules(patience=0)))
        else:
            yield running(place)


def take(stack: ExitStack, place: Workspace) -> bool:
    """Whether this process may be the broker, which it is then until the stack is closed."""
    try:
        stack.enter_context(lock.held(folder(place)))
    except DataError:
        return False
    return True


def running(place: Workspace) -> Address:
    """The address of the broker that holds the lock. Raises `BusError` where it does not answer in time."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = address(place)
        if found is not None and answers(found):
            return found
        time.sleep(0.05)
    fix = f"stop the process that holds {folder(place) / '.lock'}, and start `mlops events broker`"
    raise BusError("a broker runs for this repo and does not answer", fix=fix)


def address(place: Workspace) -> Address | None:
    """Where the latest broker listens or listened."""
    try:
        told = json.loads((folder(place) / "address.json").read_text(encoding="utf-8"))
        key = (folder(place) / "key").read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    return Address(told["endpoint"], *bus.names(place), key)


def answers(found: Address) -> bool:
    """Does something listen there?"""
    host, _, port = found.endpoint.rpartition("/")[2].partition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False


def subscribe(place: Workspace, more: list[Subscription]) -> None:
    """Make the workspace's own subscription where it is missing, and others: what the portal does on Azure."""
    topic, name = bus.names(place)
    with database(place.broker, topics.TABLES) as connection, transaction(connection):
        row = "SELECT 1 FROM subscription WHERE topic = ? AND name = ?"
        if not connection.execute(row, (topic, name)).fetchone():
            topics.subscribe(connection, Subscription(topic, name))
        for wanted in more:
            topics.subscribe(connection, wanted)


@contextmanager
def started(place: Workspace, clock: Clock, rules: Rules, port: int = 0) -> Iterator[Address]:
    """A broker in a thread of this process; whoever calls this holds the lock."""
    with listening(place, clock, rules, port) as (server, sockets, found):
        thread = threading.Thread(target=server.run, kwargs={"sockets": sockets}, name="broker-http", daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.should_exit = True
            thread.join()


def serve(place: Workspace, rules: Rules, port: int, more: list[Subscription], echo: Callable[[str], None]) -> None:
    """Be the broker until a signal. Raises `BusError` where another one is."""
    with ExitStack() as stack:
        if not take(stack, place):
            raise BusError("a broker runs for this repo", fix="use that one; it ends with its process")
        subscribe(place, more)
        server, sockets, found = stack.enter_context(listening(place, SystemClock(), rules, port))
        echo(f"the broker listens at {found.endpoint}, topic {found.topic}; it keeps its events in {place.broker}")
        server.run(sockets=sockets)


@contextmanager
def listening(
    place: Workspace, clock: Clock, rules: Rules, port: int
) -> Iterator[tuple[uvicorn.Server, list[socket.socket], Address]]:
    """A server with its socket, whose address is written down; an older one is gone before anybody waits for it."""
    (folder(place) / "address.json").unlink(missing_ok=True)
    key = own_key(folder(place) / "key")
    with listen(port) as made, Broker(place.broker, key, clock, rules) as broker:
        settings = uvicorn.Config(
            broker.app(),
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=5,
            timeout_keep_alive=75,
        )
        found = Address(f"http://{HOST}:{made.getsockname()[1]}", *bus.names(place), key)
        told = {"endpoint": found.endpoint, "pid": os.getpid()}
        disk.write(folder(place) / "address.json", json.dumps(told).encode())
        yield uvicorn.Server(settings), [made], found


def listen(port: int, host: str = HOST) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `BusError` where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        wrong = f"cannot listen on {host}:{port}: {error.strerror or error}"
        raise BusError(wrong, fix="stop what listens there, or give another --port (0 takes a free one)") from None


def own_key(path: Path) -> str:
    """The broker's key, made at its first start. Raises `BusError` where others on this machine could read it."""
    if path.is_file() and os.name == "posix" and path.stat().st_mode & 0o077:
        fix = f"remove it: the next start makes a new one (or `chmod 600 {path}`, if nobody has read it)"
        raise BusError(f"others on this machine may read {path}", fix=fix)
    key = path.read_text(encoding="ascii") if path.is_file() else ""
    if not key:  # also after a death between making the file and writing it
        key = secrets.token_urlsafe(32)
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(key)
    return key
