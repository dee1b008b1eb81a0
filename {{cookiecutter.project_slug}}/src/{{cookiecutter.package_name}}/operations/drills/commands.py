"""`mlops drill`."""

from __future__ import annotations

from pathlib import Path

import click

NAMES = ("drift", "regression", "stale-features", "bad-data", "bad-model", "outage")


@click.command("drill")
@click.argument("name", type=click.Choice(NAMES))
def drill_command(name: str) -> None:
    """Put a fault into a running copy of this system, in simulated time, and see that it does what it must.

    The copy is workspaces/drill, with an endpoint of its own; it takes one to two minutes. Exit code 1: it did not.
    """
    from . import data, floor, serving

    known = {
        "drift": data.drift,
        "regression": data.regression,
        "stale-features": data.stale,
        "bad-data": data.bad,
        "bad-model": serving.model,
        "outage": serving.outage,
    }
    drill = known[name]
    click.echo(f"{name}: {(drill.__doc__ or '').strip()}")
    with floor.held(Path.cwd(), click.echo, turning=name == "drift") as it:
        drill(it)
    click.echo(f"{name}: everything that must happen did; what is left of it is in {floor.FOLDER}")


COMMANDS: list[click.Command] = [drill_command]
