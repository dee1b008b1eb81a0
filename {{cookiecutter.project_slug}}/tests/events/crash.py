"""Kills everything that an event passes, at random moments, and counts what is lost and what is done twice.

Broker, relay and consumers are processes of their own, which are killed and started again; consumers also die by
themselves right before and right after a commit. Facts and events are told in one transaction, of which some are taken
back; events are sent again on purpose, to a broker that keeps each copy, as Event Grid does.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from azure.core.exceptions import AzureError

import {{cookiecutter.package_name}} as package
from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.events import (
    bus,
    cloud,
    consume,
    deliveries,
    inbox,
    outbox,
    schemas,
    server,
)
from {{cookiecutter.package_name}}.events.bus import Address, BusError
from {{cookiecutter.package_name}}.events.cloud import Event
from {{cookiecutter.package_name}}.events.handling import Handlers
from {{cookiecutter.package_name}}.workspace import Workspace, database, transaction

CLOCK = SystemClock()
TABLES = """
CREATE TABLE IF NOT EXISTS fact (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS effect (id TEXT NOT NULL);
"""
DEADLINE = 120  # seconds in which everything has to be done once the last event is told
FORGETS, HASTY = "an inbox that forgets", "an answer before the commit"


@dataclass(frozen=True)
class Plan:
    """How hard to be: numbers of events and kills, shares of events that are sent again and of facts taken back."""

    events: int = 400
    again: float = 0.2
    back: float = 0.05
    broker: int = 10
    consumer: int = 8
    relay: int = 7
    seed: int = 7
    pause: float = 0.02  # seconds between two events
    dies: float = 0.01  # how often a consumer dies by itself, at each of two places
    sabotage: str = ""


@dataclass
class Found:
    """What came of it. Of the last three none may be: facts without effect, second effects, effects without fact."""

    facts: int = 0
    back: int = 0
    again: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    deliveries: int = 0
    seconds: float = 0
    lost: int = 0
    repeated: int = 0
    invented: int = 0

    @property
    def row(self) -> list[str]:
        """The values for a table, in the order of `heads`."""
        told = {**{it.name: getattr(self, it.name) for it in fields(self)}, "seconds": f"{self.seconds:.0f}"}
        told["kills"] = ", ".join(f"{count} {who}" for who, count in sorted(self.kills.items()))
        return [str(value) for value in told.values()]

    @classmethod
    def heads(cls) -> list[str]:
        return [it.name for it in fields(cls)]


class World:
    """The processes, and where they live."""

    def __init__(self, root: Path, plan: Plan) -> None:
        self.plan, self.place, self.random = plan, Workspace(root), random.Random(plan.seed)  # noqa: S311
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.found, self.starts = Found(), 0
        with socket.create_server((server.HOST, 0)) as free:
            self.port = free.getsockname()[1]
        self.key = server.own_key(server.folder(self.place) / "key")
        self.address = Address(f"http://{server.HOST}:{self.port}", "mlops", "dev", self.key)

    def command(self, name: str) -> list[str]:
        if name == "broker":
            options = [
                "--port",
                str(self.port),
                "--repeats",
                "--subscription",
                "dev",
                "--lock",
                "1",
                "--deliveries",
                "100",
            ]
            return [sys.executable, "-m", package.__name__, "events", "broker", *options]
        role = name.partition("-")[0]
        return [sys.executable, __file__, role, str(self.starts), str(self.plan.dies), self.plan.sabotage]

    def start(self, name: str) -> None:
        """Start a process, with the broker's address in its environment."""
        self.starts += 1
        source = str(Path(str(package.__file__)).parent.parent)
        named = {bus.ENDPOINT: self.address.endpoint, bus.KEY: self.key, "PYTHONPATH": source}
        variables = {**os.environ, **named} if name != "broker" else {**os.environ, "PYTHONPATH": source}
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes[name] = subprocess.Popen(self.command(name), cwd=self.place.root, env=variables, **quiet)  # noqa: S603

    def revive(self) -> None:
        """Start again what died by itself."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                self.found.kills[name.partition("-")[0]] += 1
                self.start(name)

    def kill(self, role: str) -> None:
        """Kill a process that is at work, some moment later, and start it again."""
        name = self.random.choice([name for name in self.processes if name.startswith(role)])
        self.wait(lambda: self.at_work(name))
        time.sleep(self.random.uniform(0, 0.1))
        self.processes[name].kill()
        self.processes[name].wait()
        self.found.kills[role] += 1
        self.start(name)

    def at_work(self, name: str) -> bool:
        """Has it done something since it was started?"""
        self.revive()
        if name == "broker":
            return server.answers(self.address)
        return (self.place.root / f"alive-{self.processes[name].pid}").exists()

    def wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not until():
            if time.monotonic() > deadline:
                raise TimeoutError("the processes did not come to an end")
            time.sleep(0.02)

    def over(self) -> bool:
        """Is everything sent, and answered for?"""
        self.revive()
        with database(self.place.state) as connection:
            if outbox.waiting(connection):
                return False
        with database(self.place.broker) as connection:
            return deliveries.open_ones(connection) == 0


def run(root: Path, plan: Plan) -> Found:
    """Tell the events, kill meanwhile, wait until all is quiet, count."""
    began = time.monotonic()
    world = World(root, plan)
    with alive(world), database(world.place.state, TABLES + consume.TABLES) as connection:
        told, kills = [], points(plan, world.random)
        for number in range(plan.events):
            told += tell(connection, world, number)
            if told and world.random.random() < plan.again:
                send_again(world, world.random.choice(told))
            for role in kills.get(number, ()):
                world.kill(role)
            world.revive()
            time.sleep(plan.pause)
        world.wait(world.over)
        count(world, connection)
    world.found.seconds = time.monotonic() - began
    return world.found


@contextmanager
def alive(world: World) -> Iterator[None]:
    """The processes, until the end."""
    try:
        for name in ("broker", "relay", "consumer-1", "consumer-2"):
            world.start(name)
        world.wait(lambda: server.answers(world.address))
        yield
    finally:
        for process in world.processes.values():
            process.kill()
            process.wait()


def points(plan: Plan, chance: random.Random) -> dict[int, list[str]]:
    """After which events which process is killed."""
    found: dict[int, list[str]] = {}
    for role, many in (("broker", plan.broker), ("consumer", plan.consumer), ("relay", plan.relay)):
        for number in chance.sample(range(5, plan.events), many):
            found.setdefault(number, []).append(role)
    return found


def tell(connection: sqlite3.Connection, world: World, number: int) -> list[Event]:
    """A fact and its event, in one transaction; some are taken back."""
    event = cloud.model_registered(
        "/workspaces/dev", name="trips", version=number, tags={}, properties={}, at=CLOCK.now()
    )
    try:
        with transaction(connection):
            connection.execute("INSERT INTO fact VALUES (?)", (event.id,))
            outbox.add(connection, event)
            if world.random.random() < world.plan.back:
                raise LookupError("taken back")
    except LookupError:
        world.found.back += 1
        return []
    return [event]


def send_again(world: World, event: Event) -> None:
    """What a relay would do that died before its mark; a broker that is dead does not get it."""
    with bus.publisher(world.address) as publisher:
        try:
            publisher.send(event.as_json(), retry_total=0)
        except AzureError:
            return
    world.found.again += 1


def count(world: World, connection: sqlite3.Connection) -> None:
    """Compare facts and effects."""
    facts = {row["id"] for row in connection.execute("SELECT id FROM fact")}
    effects = Counter(row["id"] for row in connection.execute("SELECT id FROM effect"))
    found = world.found
    found.facts, found.lost, found.invented = len(facts), len(facts - set(effects)), len(set(effects) - facts)
    found.repeated = sum(effects.values()) - len(effects)
    with database(world.place.broker) as kept:
        found.deliveries = int(kept.execute("SELECT sum(count) FROM delivery").fetchone()[0] or 0)


# --- what the processes do


def relay(place: Workspace, address: Address) -> None:
    """Send what waits, again and again."""
    with bus.publisher(address) as publisher:
        while True:
            try:
                outbox.relay(place.state, publisher, batch=10)
                (place.root / f"alive-{os.getpid()}").touch()
            except BusError:
                time.sleep(0.05)
            time.sleep(0.01)


class Consumer:
    """The real client, in a process that dies now and then before it answers; or, as a sabotage, answers first."""

    def __init__(self, client: Any, die: Callable[[], None], *, hasty: bool) -> None:
        self.client, self.die, self.hasty = client, die, hasty

    def receive(self, **options: Any) -> Any:
        found = self.client.receive(**options)
        if self.hasty and found:
            self.client.acknowledge(lock_tokens=[it.broker_properties.lock_token for it in found])
        return found

    def acknowledge(self, *, lock_tokens: list[str]) -> Any:
        self.die()
        return None if self.hasty else self.client.acknowledge(lock_tokens=lock_tokens)

    def release(self, **options: Any) -> Any:
        return self.client.release(**options)

    def reject(self, **options: Any) -> Any:
        return self.client.reject(**options)


def consumer(place: Workspace, address: Address, chance: random.Random, dies: float, sabotage: str) -> None:
    """Take what is there, again and again."""

    def die() -> None:
        if chance.random() < dies:
            os.kill(os.getpid(), signal.SIGKILL)

    def handler(connection: sqlite3.Connection, _: Workspace, event: Event, __: datetime) -> None:
        connection.execute("INSERT INTO effect VALUES (?)", (event.id,))
        die()

    if sabotage == FORGETS:
        inbox.once = lambda *_: True
    handlers = Handlers({schemas.MODEL_REGISTERED: (handler,)}, TABLES)
    with bus.consumer(address) as client:
        taking = Consumer(client, die, hasty=sabotage == HASTY)
        while True:
            try:
                consume.run(place, CLOCK, taking, echo=lambda _: None, handlers=handlers)
                (place.root / f"alive-{os.getpid()}").touch()
            except BusError:
                time.sleep(0.05)


def main() -> None:
    role, number, dies, sabotage = sys.argv[1:]
    place = Workspace(Path())
    address = bus.elsewhere(place)
    assert address is not None
    if role == "relay":
        relay(place, address)
    else:
        consumer(place, address, random.Random(int(number)), float(dies), sabotage)  # noqa: S311


if __name__ == "__main__":
    main()
