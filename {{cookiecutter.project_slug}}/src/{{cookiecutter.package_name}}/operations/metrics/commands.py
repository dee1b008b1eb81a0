"""`mlops metrics` and `mlops logs`: the system in figures, and each prediction as a line."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ...deployment.release.world import World

PORT = 9464  # where exporters of OpenTelemetry are looked for
PAUSE = 0.5  # seconds


def here() -> World:
    from ...clock import SystemClock
    from ...deployment.release import world

    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    return world.of(Path(), SystemClock(), click.echo)


@click.group("metrics", invoke_without_command=True)
@click.pass_context
def metrics_group(context: click.Context) -> None:
    """Print every metric, in the text format of Prometheus."""
    if context.invoked_subcommand:
        return
    from . import expose

    click.echo(expose.text(here()), nl=False)


@metrics_group.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Whoever reaches it can read the figures.")
@click.option("--port", default=PORT, show_default=True, help="0 takes a free one.")
def serve_command(host: str, port: int) -> None:
    """Answer /metrics until a signal."""
    from ...service.serve import address, listen
    from . import read, serve

    world = here()
    count = read.catch_up(world.prod, world.clock)
    listening = listen(host, port)
    click.echo(f"{count:,} new lines counted; metrics at {address(listening)}/metrics")
    serve.run(world, listening)


@metrics_group.command("list")
def list_command() -> None:
    """What there is to measure."""
    from .table import ROWS

    for row in ROWS:
        labels = f"{{{', '.join(row.labels)}}}" if row.labels else ""
        click.echo(f"{row.name}{labels}  {row.kind}{f', {row.unit}' if row.unit else ''}: {row.help}")


@metrics_group.command("export")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="dashboards", show_default=True)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 where a file is not as it would be written.")
def export_command(out: Path, *, check: bool) -> None:
    """Write the Grafana dashboard and the alert rules of Prometheus."""
    from . import files

    changed = files.check(out) if check else files.write(out)
    for path in changed:
        click.echo(f"{path} {'is not as `mlops metrics export` writes it' if check else 'written'}")
    sys.exit(1 if check and changed else 0)


@click.command("logs")
@click.option("--since", type=datetime.fromisoformat, metavar="TIME", help="Only from then on, such as 2026-03-02T09.")
@click.option("--follow", is_flag=True, help="Go on with what comes.")
def logs_command(since: datetime | None, *, follow: bool) -> None:
    """A line of JSON for each prediction; metrics.toml says which inputs are shown."""
    from ...features import extended
    from . import logs, settings

    world = here()
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    rules = settings.load(world.root).logs.checked(schema := extended.extended(world.schema))
    reader = logs.Reader(world.prod, schema, rules, since)
    while True:
        for line in reader.lines():
            click.echo(json.dumps(line, ensure_ascii=False))
        if not follow:
            return
        time.sleep(PAUSE)


COMMANDS: list[click.Command] = [metrics_group, logs_command]
