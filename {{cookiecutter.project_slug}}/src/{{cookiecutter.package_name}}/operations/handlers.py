"""What events start at this level: drift and regression may start a retraining."""

from __future__ import annotations

from ..events import schemas
from .azure import breach
from .retraining import asked
from .retraining.event import DRIFT_DETECTED

TABLES = asked.TABLES
HANDLERS = {DRIFT_DETECTED: asked.detected, schemas.RUN_STATUS_CHANGED: breach.changed}
