"""`mlops status`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page.")
@click.option("--serve", is_flag=True, help="Show it in a browser, until Ctrl+C; it refreshes itself.")
@click.option("--port", type=click.IntRange(0, 65535), default=8020, show_default=True, help="0 takes a free one.")
def status_command(html: Path | None, port: int, *, as_json: bool, serve: bool) -> None:
    """How everything is, from the data to the endpoint, and what needs a person. Exit code 1: something does."""
    import json

    from ...deployment.release.commands import world_of
    from . import look, page, web

    world = world_of()
    if serve:
        web.serve(lambda: look.report(world), port, click.echo)
        return
    found = look.report(world)
    if html:
        html.write_text(page.html(found), encoding="utf-8")
        click.echo(f"written to {html}")
    elif as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        click.echo("\n".join(page.text(found)))
    if found.state == "wrong":
        sys.exit(1)


COMMANDS: list[click.Command] = [status_command]
