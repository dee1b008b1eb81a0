"""`mlops freshness`: are feature values young enough for servers?"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .health import Health


@click.group("freshness", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def freshness_group(context: click.Context, *, as_json: bool) -> None:
    """Each feature set's age against its time to live. Exit code 1 where one is stale, or was never computed."""
    if context.invoked_subcommand:
        return
    from ...clock import SystemClock
    from ...deployment.release import world
    from ..metrics import settings
    from . import health

    root = Path()
    found = health.of(world.of(root, SystemClock(), click.echo), settings.load(root).freshness)
    if as_json:
        click.echo(json.dumps([it.as_json() for it in found], indent=1))
    else:
        table(found)
    sys.exit(1 if any(it.state in health.BAD for it in found) else 0)


def table(found: tuple[Health, ...]) -> None:
    """A line for each set, and one for what its last run came to."""
    wide = max((len(it.key) for it in found), default=0)
    for it in found:
        ages = f"newest {told(it.age):>16}  served {told(it.served):>16}  rows {it.rows:>8,}"
        click.echo(f"{it.key:<{wide}}  {it.state:<5}  {ages}  {it.why}")
        if it.run:
            click.echo(f"{'':<{wide}}  last run {it.run}, {it.ran:%Y-%m-%d %H:%M:%S}")


def told(length: timedelta | None) -> str:
    from ...features.status import whole

    return "none" if length is None else whole(length)


@freshness_group.command("list")
def list_command() -> None:
    """When which feature set was too old."""
    from ...clock import SystemClock
    from ...deployment.release import world
    from . import episodes

    found = episodes.history(world.of(Path(), SystemClock(), click.echo).dev)
    for it in found:
        click.echo(it.sentence)
    if not found:
        click.echo("no feature set was too old since somebody looks; `mlops operate` does")


@freshness_group.command("schema")
def schema_command() -> None:
    """The JSON schemas of the events that are told of it."""
    from . import event

    click.echo(json.dumps([event.json_schema(kind) for kind in event.TYPES], indent=1))


COMMANDS: list[click.Command] = [freshness_group]
