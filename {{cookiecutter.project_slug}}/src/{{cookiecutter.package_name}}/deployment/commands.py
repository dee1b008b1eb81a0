"""The commands of deployment, room by room."""

from __future__ import annotations

import click

from .batch import commands as batch
from .client import commands as client
from .comparison import commands as comparison
from .infra import commands as infra
from .lineage import commands as lineage
from .promotion import commands as promotion
from .release import commands as release
from .serving import commands as serving

ROOMS = (batch, client, comparison, infra, lineage, promotion, release, serving)
COMMANDS: list[click.Command] = [command for room in ROOMS for command in room.COMMANDS]
