"""`mlops retraining`: what production asked for, and what came of it."""

from __future__ import annotations

import click


@click.group("retraining", invoke_without_command=True)
@click.option("--last", type=click.IntRange(1), default=10, show_default=True)
@click.pass_context
def retraining_group(context: click.Context, last: int) -> None:
    """The signals of production, what each started, and what came of it."""
    if context.invoked_subcommand:
        return
    from ...deployment.release.commands import world_of
    from . import asked

    found = asked.history(world_of().dev, last)
    for it in found:
        click.echo(it.sentence)
    if not found:
        click.echo("production has asked for nothing yet")


@retraining_group.command("ask")
@click.option("--by", default="", help="Who.  [default: the user of this machine]")
def ask_command(by: str) -> None:
    """Ask for a retraining by hand; `mlops operate` runs it, or `mlops requests work`."""
    from ...deployment.release.commands import world_of
    from . import asked

    world = world_of(by)
    click.echo(asked.by_hand(world.dev, world.by, world.clock.now()).sentence)


COMMANDS: list[click.Command] = [retraining_group]
