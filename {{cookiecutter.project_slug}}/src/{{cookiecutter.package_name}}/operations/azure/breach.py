"""A threshold that Azure's model monitor found violated is a signal as ours are: one retraining for it at most.

Azure tells no drift of its own (`DatasetDriftDetected` is of monitors of the first kind). The monitor's run ends, and a
tag of it says what was violated: see azure/monitors/events.yml for the filter.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ...events.cloud import Event
from ...workspace import DEFAULT, Workspace
from ..retraining import asked
from ..retraining.event import DRIFT

TAG = "azureml_modelmonitor_threshold_breached"
SAID = "has failed due to one or more features violating metric thresholds"


def said(event: Event) -> str:
    """What the monitor's run found, in its words; empty for any other run. Azure does not always case keys alike."""
    tags = event.data.get("runTags", {})
    found = next((str(text) for name, text in tags.items() if name.lower() == TAG), "")
    return found if SAID in found else ""


def changed(connection: sqlite3.Connection, place: Workspace, event: Event, at: datetime) -> None:
    """Take the event of a run. A run changes its status more than once, and counts once."""
    found = said(event)
    if not found or place.name != DEFAULT:
        return
    action, why = asked.decided(connection, place, at)
    id = f"azure {event.data['runId']}"  # noqa: A001
    asked.write(connection, (id, at.isoformat(), DRIFT, "", found, action, why), at)
