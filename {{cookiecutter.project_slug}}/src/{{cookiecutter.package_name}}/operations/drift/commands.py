"""`mlops monitor`: does what the served model meets, and how well it does, differ from what it came from?"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .check import Checked, Finding

TABLE = click.Path(path_type=Path)


@click.command("monitor")
@click.option("--deployment", default="", help="Of which model.  [default: the one with most traffic]")
@click.option("--until", type=datetime.fromisoformat, metavar="TIME", help="The window's end.  [default: now]")
@click.option("--reference", type=TABLE, help="Hold a table against this one instead of an endpoint's records.")
@click.option("--window", type=TABLE, help="The table to judge, with --reference: .csv, .parquet or a folder.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="reports", show_default=True)
def monitor_command(
    deployment: str, until: datetime | None, reference: Path | None, window: Path | None, out: Path
) -> None:
    """Check for drift and regression by monitor.toml; a page with pictures. Exit code 1 where there is some."""
    if (reference is None) != (window is None):
        raise click.UsageError("name both --reference and --window, or none of them")
    if reference is not None and (deployment or until):
        raise click.UsageError("--deployment and --until are of an endpoint's records: leave them out with tables")
    if until is not None and until.tzinfo is None:
        wrong = f"{until.isoformat()} has no offset; write {until.isoformat()}+00:00"
        raise click.BadParameter(wrong, param_hint="--until")
    from ... import workspace
    from ...clock import SystemClock
    from ...model import project
    from . import kept, look, page, rules
    from . import reference as references

    asked = rules.read()
    if reference and window:
        found = look.tables(reference, window, project.load().schema_only, asked, kept.shelf(workspace.current()))
        title = f"{window.name} against {reference.name}"
    else:
        place, clock = workspace.current(), SystemClock()
        known = references.find(place, clock, asked.check.block, deployment)
        found = look.served(place, asked, clock, known, until)
        title = f"{place.name}/{known.deployment.name}: version {known.deployment.version}"
    show(found)
    click.echo(f"page: {page.write(found, out, title)}")
    sys.exit(1 if found.drifted else 0)


def show(found: Checked) -> None:
    """Each column with its measure that is nearest to its threshold, then the verdict."""
    from .measures import SHORT

    worst: dict[tuple[str, str], Finding] = {}
    for it in sorted(found.findings, key=lambda it: -it.ratio):
        worst.setdefault((it.group, it.column), it)
    wide = max(len(it.column) for it in worst.values())
    for it in worst.values():
        word = {True: "DRIFT", False: "", None: "too few rows"}[it.drifted]
        limit = "" if it.threshold is None else f"{it.threshold:8.4f}"
        about = f"{SHORT[it.measure]:<18}  {it.value:8.4f}  {limit:>8}"
        click.echo(f"{it.column:<{wide}}  {about}  {it.before} -> {it.after}  {word}".rstrip())
    click.echo(found.sentence)


COMMANDS: list[click.Command] = [monitor_command]
