"""`mlops operate`."""

from __future__ import annotations

import sys

import click


@click.command("operate")
@click.option("--once", is_flag=True, help="Each job has one turn. Exit code 1: one of them failed.")
@click.option(
    "--every", type=click.FloatRange(0.05), default=10.0, show_default=True, help="Seconds between looks at most."
)
def operate_command(every: float, *, once: bool) -> None:
    """Run the whole system by itself, in the rhythm of operate.toml, until Ctrl+C."""
    from ...deployment.release.commands import world_of
    from . import operate

    world = world_of()
    if not once:
        operate.serve(world, every)
    elif not operate.once(world):
        sys.exit(1)


COMMANDS: list[click.Command] = [operate_command]
