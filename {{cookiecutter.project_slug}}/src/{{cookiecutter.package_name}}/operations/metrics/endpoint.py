"""The endpoint's part: who serves what, and what its processes count, added up over their restarts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ...deployment.release.world import World
from ...deployment.serving import status
from ...deployment.serving.status import Status
from ...workspace import transaction
from . import totals
from .standing import Value
from .totals import Sums

LOST = ("dropped", "missed", "failed")


def values(world: World) -> Iterator[Value]:
    """The gauges; what processes count goes into the sums."""
    found = status.read(world.prod)
    with totals.opened(world.prod) as connection, transaction(connection):
        add(connection, found)
    yield from gauges(found)


def gauges(it: Status) -> Iterator[Value]:
    """What stands now."""
    yield Value("mlops.endpoint.up", float(bool(it.gateway)))
    yield Value("mlops.endpoint.settled", float(bool(it.gateway) and it.settled))
    yield Value("mlops.endpoint.state", it.committed.number)
    for name, scorer in it.scorers.items():
        who = {"deployment": name, "version": scorer.version}
        yield Value("mlops.deployment.ready", float(scorer.ready), who)
        for role, shares in (("live", it.committed.traffic), ("shadow", it.committed.mirror)):
            yield Value("mlops.deployment.traffic", shares.get(name, 0) / 100, {**who, "role": role})


def add(connection: sqlite3.Connection, it: Status) -> None:
    """What has been counted since the last look, by whom it was counted."""
    sums = Sums()

    def count(metric: str, owner: str, value: float, **labels: str) -> None:
        more = totals.grown(connection, "/".join((metric, *labels.values())), owner, value)
        if more:
            sums.add(metric, labels, more)

    if it.running:
        count("mlops.endpoint.restarts", f"{it.pid}", it.gateway_restarts, process="gateway")
        for name, scorer in it.scorers.items():
            owner = f"{it.pid} {scorer.version} {scorer.digest}"
            count("mlops.endpoint.restarts", owner, scorer.restarts, process=name)
    if it.gateway:
        gateway = f"{it.pid} {it.gateway_pid}"
        count("mlops.endpoint.retries", gateway, it.gateway["dealer"]["retried"])
        count("mlops.records.lost", gateway, it.gateway["records"]["lost"])
        for why in LOST:
            count("mlops.endpoint.copies.lost", gateway, it.gateway["mirror"][why], why=why)
    sums.write(connection)
