"""Commands of Level 4."""

from __future__ import annotations

import click

from .alerts import commands as alerts
from .azure import commands as azure
from .drift import commands as drift
from .drills import commands as drills
from .freshness import commands as freshness
from .loop import commands as loop
from .metrics import commands as metrics
from .policy import commands as policy
from .retraining import commands as retraining
from .status import commands as status

ROOMS = (alerts, azure, drift, drills, freshness, loop, metrics, policy, retraining, status)
COMMANDS: list[click.Command] = [command for room in ROOMS for command in room.COMMANDS]
