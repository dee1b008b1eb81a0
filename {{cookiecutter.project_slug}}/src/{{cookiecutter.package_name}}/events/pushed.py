"""Commands for events that others push to us: Event Grid's bodies, the webhook, and Azure's subscriptions to it."""

from __future__ import annotations

import sys
from typing import BinaryIO

import click


@click.command("receive")
@click.argument("file", type=click.File("rb"))
def receive_command(file: BinaryIO) -> None:
    """Do the events of FILE (or -), a body as Event Grid posts it, in either schema. Exit code 1: one failed."""
    from .. import workspace
    from ..clock import SystemClock
    from . import cloud, consume

    done = consume.deliver(workspace.current(), SystemClock(), cloud.parse(file.read()), echo=click.echo)
    click.echo(done.sentence)
    if done.failed:
        sys.exit(1)


@click.command("webhook")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="For others, and then MLOPS_WEBHOOK_KEY must be set."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8010, show_default=True, help="0 takes a free one.")
@click.option("--origin", multiple=True, default=["eventgrid.azure.net"], show_default=True, help="Who may send.")
def webhook_command(host: str, port: int, origin: tuple[str, ...]) -> None:
    """Take the events that Event Grid pushes, at /events, until Ctrl+C. Put TLS in front of it."""
    from .. import workspace
    from ..clock import SystemClock
    from . import webhook

    webhook.serve(workspace.current(), SystemClock(), host, port, origin, click.echo)


@click.group("azure")
def azure_group() -> None:
    """Azure Machine Learning's own events, pushed to the webhook as azure/events.yml says."""


@azure_group.command("check")
def azure_check_command() -> None:
    """Hold azure/events.yml against Azure's management library, without Azure."""
    from . import subscriptions

    topic, rows = subscriptions.load(subscriptions.FILE)
    click.echo(f"{subscriptions.FILE}: topic {topic}, {len(rows)} subscriptions, every key is known")


@azure_group.command("apply")
@click.option("--workspace", required=True, metavar="ID", help="The resource id of the workspace.")
@click.option("--location", required=True, help="Its region, such as westeurope.")
@click.option("--webhook", required=True, metavar="URL", help="Where `mlops events webhook` is reached, with https.")
def azure_apply_command(workspace: str, location: str, webhook: str) -> None:
    """Make topic and subscriptions what azure/events.yml says. The webhook must run: Azure asks it first."""
    import os

    from . import subscriptions
    from .webhook import KEY

    target = subscriptions.Target(workspace, location, webhook, os.environ.get(KEY, ""))
    for line in subscriptions.apply(subscriptions.client_of(target), subscriptions.FILE, target):
        click.echo(line)


COMMANDS: list[click.Command] = [receive_command, webhook_command, azure_group]
