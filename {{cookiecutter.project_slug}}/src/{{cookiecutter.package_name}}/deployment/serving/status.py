"""How the endpoint is: what is committed, what is in force, and who keeps one from being the other."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from ...workspace import Workspace
from . import rules, running
from .follow import key_of
from .layout import Layout, ServingError
from .process import FAILED, REFUSED, STARTING
from .state import Endpoint, State

LOOKS = 0.05  # seconds
TRIES = 2  # restarts after which a scorer that dies will not come up


@dataclass(frozen=True)
class Scorer:
    """A deployment of the committed state. `phase` is its process's, `ready` is the gateway's word."""

    name: str
    version: str
    digest: str
    phase: str
    ready: bool
    reason: str
    restarts: int
    pid: int | None


@dataclass(frozen=True)
class Status:
    """`in_force` is the number of the state that the gateway acts on; None where nobody answers."""

    running: bool
    address: str
    pid: int | None
    gateway_pid: int | None
    gateway_restarts: int
    committed: State
    in_force: int | None
    scorers: dict[str, Scorer]
    gateway: dict[str, Any] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """What is committed is in force."""
        return self.in_force == self.committed.number

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "settled": self.settled}


def read(place: Workspace) -> Status:
    """The status now."""
    layout, committed = Layout(place), Endpoint(place).current()
    runs = running.runs(layout)
    known = (running.read(layout) if runs else None) or {}
    _, gateway = running.ask(known, "/status") if known else (0, {})
    # words that are older than the committed state: `ready` may be of what had the name before, `refused` of a folder
    # that has been mended since
    old = known.get("followed") != committed.number
    told = known.get("scorers", {})
    ready = gateway.get("ready", {}) if gateway.get("committed") == committed.number else {}
    scorers = {}
    for name, it in committed.deployments.items():
        found = told.get(key_of(it), {})
        phase = found.get("phase", STARTING if runs else "down")
        if old and phase in (FAILED, REFUSED):
            found, phase = {**found, "reason": ""}, STARTING
        able = bool(ready.get(name)) and phase not in (FAILED, REFUSED)
        reason = "" if able else found.get("reason") or gateway.get("not_ready", {}).get(name, "")
        scorers[name] = Scorer(
            name, it.version, it.digest, phase, able, reason, found.get("restarts", 0), found.get("pid")
        )
    front = known.get("gateway", {})
    where = (known.get("address", ""), known.get("pid"), front.get("pid"), front.get("restarts", 0))
    return Status(runs, *where, committed, gateway.get("in_force"), scorers, gateway)


def settle(place: Workspace, seconds: float, number: int | None = None) -> Status:
    """Wait until state `number`, else the committed one, is in force.

    Raises `ServingError` naming who is not ready where that takes longer than `seconds`: the endpoint then goes on as
    it was, and follows as soon as it can.
    """
    until = time.monotonic() + seconds
    while True:
        now = read(place)
        if now.in_force is not None and now.in_force >= (now.committed.number if number is None else number):
            return now
        if not now.running:
            raise ServingError(f"the endpoint of {place.name} does not run", fix="`mlops endpoint up --detach`")
        if time.monotonic() > until:
            waits = {name: now.scorers[name] for name in now.committed.used if not now.scorers[name].ready}
            why = "; ".join(f"{it.name} is {it.phase}: {it.reason or 'it says nothing'}" for it in waits.values())
            wrong = f"state {now.committed.number} is not in force after {seconds:g} s"
            fix = "deploy a model that loads, or route the traffic elsewhere"
            raise ServingError(f"{wrong}: {why or 'the gateway does not answer'}", fix=fix)
        time.sleep(LOOKS)


def ready(place: Workspace, name: str, seconds: float) -> Scorer:
    """Wait until deployment `name` is ready for a request.

    Raises `ServingError` where its model is refused, where its process dies again and again, or where it takes longer.
    """
    until = time.monotonic() + seconds
    while True:
        now = read(place)
        rules.known("a look", {name: 0}, now.committed.deployments)
        it = now.scorers[name]
        if it.ready:
            return it
        hopeless = it.phase == REFUSED or (it.phase == FAILED and it.restarts >= TRIES)
        if hopeless or time.monotonic() > until or not now.running:
            wrong = f"deployment {name} is {it.phase}: {it.reason or 'it says nothing'}"
            raise ServingError(
                wrong, fix="deploy a model that loads" if now.running else "`mlops endpoint up --detach`"
            )
        time.sleep(LOOKS)
