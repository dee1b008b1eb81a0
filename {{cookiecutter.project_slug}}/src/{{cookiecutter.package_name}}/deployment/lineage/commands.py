"""`mlops trace`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("trace")
@click.argument("thing")
@click.option("--origins", "way", flag_value="origins", help="What THING stands on.  [default: for what was made]")
@click.option(
    "--users", "way", flag_value="users", help="What stands on THING.  [default: for data, code, environments]"
)
@click.option("--json", "machines", is_flag=True, help="Nodes, edges and what is wrong, for machines.")
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="Also draw it into this SVG file.")
@click.option("--all", "whole", is_flag=True, help="Leave nothing out of the tree.")
@click.option("--no-verify", is_flag=True, help="Only show it: look at no file, and prove nothing.")
def trace_command(
    thing: str, way: str | None, picture: Path | None, *, machines: bool, whole: bool, no_verify: bool
) -> None:
    """Follow THING to everything that it stands on, or to everything that stands on it, and prove it.

    THING is a version (3, dev:3, prod:champion), a deployment (prod/blue), the id of a prediction, a run, a commit, a
    raw file (its path), a snapshot, or the beginning of any digest. Exit code 1: something on the way is gone or is not
    as recorded.
    """
    import json

    from ... import workspace
    from ...clock import SystemClock
    from . import as_json, text, trace
    from .picture import drawn

    place = workspace.current()
    direction: trace.Direction | None = None if way is None else "origins" if way == "origins" else "users"
    found = trace.run(
        place.root, thing, SystemClock(), workspace=place.name, direction=direction, looking=not no_verify
    )
    if machines:
        click.echo(json.dumps(as_json.content(found), indent=2, ensure_ascii=False))
    else:
        click.echo(text.tree(found, whole=whole))
    if picture is not None:
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(drawn(found), encoding="utf-8", newline="\n")
    trace.require(found)
    if not machines and not no_verify:
        click.echo(f"{len(found.graph.nodes)} things, each as it was recorded")


COMMANDS: list[click.Command] = [trace_command]
