"""What events start here: a version that was registered where models are trained is to be released."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ..events import schemas
from ..events.cloud import Event
from ..workspace import DEFAULT, Workspace
from .release import wanted


def registered(connection: sqlite3.Connection, place: Workspace, event: Event, at: datetime) -> None:
    """A version came into a registry; what promotion brings into the others is part of a release already."""
    if place.name == DEFAULT:
        version = str(event.data["ModelVersion"])
        wanted.add(connection, event.id, version, f"event {event.id}", at)


TABLES = wanted.TABLES
HANDLERS = {schemas.MODEL_REGISTERED: registered}
