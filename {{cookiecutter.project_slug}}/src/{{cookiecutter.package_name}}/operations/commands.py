"""Commands of Level 4."""

from __future__ import annotations

import click

from .loop import commands as loop
from .status import commands as status

COMMANDS: list[click.Command] = [*loop.COMMANDS, *status.COMMANDS]
