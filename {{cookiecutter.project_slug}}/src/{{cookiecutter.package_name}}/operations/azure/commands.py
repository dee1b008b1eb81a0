"""Commands for Azure's model monitor: its file is held against ours and against Azure's library, and created."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("azure-monitor")
def azure_monitor_group() -> None:
    """Azure's model monitor of what is served, and what it tells (extra `azure`)."""


@azure_monitor_group.command("check")
def check_command() -> None:
    """Hold azure/monitors against monitor.toml and Azure's libraries, without Azure."""
    from ...events import subscriptions
    from ...model import project
    from ..drift import rules
    from . import monitor

    found = monitor.read()
    count = monitor.check(found, rules.read())
    monitor.loaded(monitor.filled(found, project.load().schema_only))
    topic, rows = subscriptions.load(monitor.EVENTS)
    click.echo(f"{monitor.FILE}: {count} thresholds, none below its floor in monitor.toml; every key is known")
    click.echo(f"{monitor.EVENTS}: topic {topic}, {len(rows)} subscriptions, every key is known")


@azure_monitor_group.command("apply")
@click.option("--deployment", default="", metavar="ENDPOINT:NAME", help="What is watched.  [default: the file's]")
@click.option("--reference", default="", metavar="azureml:NAME:VERSION", help="An mltable of the rows learned from.")
@click.option("--figures", type=click.Path(path_type=Path, dir_okay=False), help="A monitor.json: its thresholds.")
def apply_command(deployment: str, reference: str, figures: Path | None) -> None:
    """Create or change the monitor in the workspace that the environment or config.json names."""
    from ...model import project
    from ...training import azure
    from ..drift import rules
    from . import monitor

    limits = monitor.calibrated(figures) if figures else None
    found = monitor.filled(monitor.read(), project.load().schema_only, deployment, reference, limits)
    monitor.check(found, rules.read())
    click.echo(f"monitor {monitor.apply(found, azure.connect(Path.cwd()))}")


@azure_monitor_group.command("events")
@click.option("--workspace", required=True, metavar="ID", help="The resource id of the workspace.")
@click.option("--location", required=True, help="Its region, such as westeurope.")
@click.option("--webhook", required=True, metavar="URL", help="Where `mlops events webhook` is reached, with https.")
def events_command(workspace: str, location: str, webhook: str) -> None:
    """Have violated thresholds pushed to the webhook, as azure/monitors/events.yml says. The webhook must run."""
    import os

    from ...events import subscriptions
    from ...events.webhook import KEY
    from . import monitor

    target = subscriptions.Target(workspace, location, webhook, os.environ.get(KEY, ""))
    for line in subscriptions.apply(subscriptions.client_of(target), monitor.EVENTS, target):
        click.echo(line)


COMMANDS: list[click.Command] = [azure_monitor_group]
