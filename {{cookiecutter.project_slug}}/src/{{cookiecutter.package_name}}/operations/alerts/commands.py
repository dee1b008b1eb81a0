"""`mlops alerts`: what needs a person."""

from __future__ import annotations

import sys

import click


@click.group("alerts", invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Those that are over, too.")
@click.pass_context
def alerts_group(context: click.Context, *, everything: bool) -> None:
    """What needs a person. Exit code 1: one is critical and nobody looks after it."""
    if context.invoked_subcommand:
        return
    from ...deployment.release.commands import world_of
    from . import journal

    place = world_of().prod
    found = journal.latest(place) if everything else journal.standing(place)
    for it in found:
        click.echo(it.sentence)
    if not found:
        click.echo("nothing needs a person")
    if any(it.critical for it in journal.standing(place)):
        sys.exit(1)


@alerts_group.command("take")
@click.argument("number", type=int)
@click.option("--by", default="", help="Who.  [default: the user of this machine]")
def take_command(number: int, by: str) -> None:
    """Somebody looks after alert NUMBER."""
    from ...deployment.release.commands import world_of
    from . import journal

    world = world_of(by)
    click.echo(journal.take(world.prod, number, world.by).sentence)


@alerts_group.command("close")
@click.argument("number", type=int)
@click.option("--by", default="", help="Who.  [default: the user of this machine]")
def close_command(number: int, by: str) -> None:
    """Alert NUMBER is over; it comes again if it is not."""
    from ...deployment.release.commands import world_of
    from . import journal

    world = world_of(by)
    click.echo(journal.close(world.prod, number, world.by, world.clock.now()).sentence)


COMMANDS: list[click.Command] = [alerts_group]
