"""What events start at this level: drift and regression may start a retraining."""

from __future__ import annotations

from .retraining import asked
from .retraining.event import DRIFT_DETECTED

TABLES = asked.TABLES
HANDLERS = {DRIFT_DETECTED: asked.detected}
