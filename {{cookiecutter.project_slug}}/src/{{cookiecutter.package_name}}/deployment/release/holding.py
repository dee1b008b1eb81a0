"""`mlops rollout hold` and `resume`, and who gives a command of releases, why, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .world import World

BY = click.option("--by", default="", help="Who does it.  [default: the user of this machine]")
REASON = click.option("--reason", default="", help="Why; it is recorded.")


def world_of(by: str = "") -> World:
    """The world of the repo in which the command was given."""
    from ... import workspace
    from ...clock import SystemClock
    from . import world

    return world.of(workspace.current().root, SystemClock(), click.echo, by)


@click.command("hold")
@BY
@click.option("--reason", required=True, help="Why; it is recorded.")
@click.option(
    "--for", "length", default="", metavar="TIME", help="For so long, such as 2h or 3d.  [default: until `resume`]"
)
def hold_command(by: str, reason: str, length: str) -> None:
    """No release begins or goes forward until `mlops rollout resume`; the open one may still go back."""
    from ...data.commands import duration
    from . import holds

    world = world_of(by)
    now = world.clock.now()
    click.echo(
        holds.hold(world.prod, world.by, reason, now, now + duration(length, "--for") if length else None).sentence
    )


@click.command("resume")
@BY
@REASON
def resume_command(by: str, reason: str) -> None:
    """Let releases go on that somebody held."""
    from . import holds

    world = world_of(by)
    click.echo(holds.resume(world.prod, world.by, reason, world.clock.now()).sentence)


COMMANDS: list[click.Command] = [hold_command, resume_command]
