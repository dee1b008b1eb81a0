"""What events start: the pipelines that `schedules.toml` names for them."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ..events import schemas
from ..events.cloud import Event
from ..events.handling import Handler
from ..workspace import Workspace
from . import facts, requests

TABLES = requests.TABLES + facts.TABLES
LOOKED_AT = 20  # runs that went through


def ask(connection: sqlite3.Connection, place: Workspace, event: Event, at: datetime) -> None:
    """Ask for the runs that this event starts, in the transaction that notes the event. Raises `ScheduleError`."""
    from . import schedules

    wanted = schedules.load(place.root).started_by(event.type)
    if event.type == schemas.DATA_LANDED and learned(connection, place, str(event.data.get("state", ""))):
        return
    for it in wanted:
        if not requests.waits(connection, it.pipeline, it.inputs):
            requests.add(
                connection,
                id=f"event {event.source} {event.id} {it.pipeline}",
                pipeline=it.pipeline,
                cause=f"event {event.type} {event.subject}",
                inputs=it.inputs,
                at=at,
            )


def learned(connection: sqlite3.Connection, place: Workspace, state: str) -> bool:
    """Whether one of the latest runs that went through has read this state of the data: it may have landed it."""
    from . import snapshot

    sql = "SELECT id FROM runs WHERE status = ? ORDER BY started DESC LIMIT ?"
    runs = [row["id"] for row in connection.execute(sql, (facts.COMPLETED, LOOKED_AT))]
    frozen = [path for run in runs for path in (place.runs / run).glob(f"*/*/{snapshot.FACTS}")]
    return any(snapshot.read(path.parent).state == state for path in frozen)


# schedules.STARTERS, without what reads schedules.toml: everybody who looks for handlers imports this module
HANDLERS: dict[str, Handler] = {schemas.DATA_LANDED: ask, schemas.MODEL_DEPLOYED: ask}
