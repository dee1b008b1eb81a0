"""Tells that new data is landed. The data pipeline knows nothing of events; its manifest names its state."""

from __future__ import annotations

from ..clock import Clock
from ..data import manifest
from ..workspace import Workspace, database, transaction
from . import cloud, outbox


def run(place: Workspace, clock: Clock) -> bool:
    """Put an event for the landed state into the outbox; False where it was told before, or nothing is landed.

    The id follows from the state, so a state is told once however often this runs and whoever else does.
    """
    found = manifest.load(place.landed)
    if not found.files:
        return False
    event = cloud.data_landed(cloud.source(place.name), state=found.state, rows=found.rows, at=clock.now())
    with database(place.state, outbox.TABLES) as connection, transaction(connection):
        return outbox.add(connection, event)
