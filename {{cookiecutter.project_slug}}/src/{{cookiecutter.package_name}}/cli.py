"""`mlops`: every layer that is present brings its own commands; this file is the same at each level."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from . import layers
from .errors import MlopsError


class Ladder(click.Group):
    """A group that prints a user's error as two lines instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            refuse_unfinished(Path(".ladder.json"))
            return super().invoke(ctx)
        except MlopsError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(1)

    def mount(self, command: click.Command) -> None:
        """Add a command; a group that a lower layer already has gets the new members."""
        present = self.commands.get(command.name or "")
        if isinstance(present, click.Group) and isinstance(command, click.Group):
            for member in command.commands.values():
                present.add_command(member)
        else:
            self.add_command(command)


def refuse_unfinished(record: Path) -> None:
    """Generated without hooks, a repo holds every level's files and would pass for a level that nobody asked for."""
    if record.is_file() and json.loads(record.read_text(encoding="utf-8"))["level"] is None:
        raise MlopsError("this repo was generated without its hooks", fix="read HOOKS-DID-NOT-RUN.md")


@click.group(cls=Ladder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Everything this repo can do. The commands are those of the layers that its level has."""


for module in layers.modules("commands"):
    for command in module.COMMANDS:
        main.mount(command)
