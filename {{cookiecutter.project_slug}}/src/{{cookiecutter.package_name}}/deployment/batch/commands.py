"""Commands of batch scoring."""

from __future__ import annotations

from pathlib import Path

import click

PATH = click.Path(path_type=Path)


@click.command("batch")
@click.argument("table", metavar="INPUT", type=PATH)
@click.argument("scores", metavar="OUTPUT", type=PATH)
@click.option("--version", default="champion", show_default=True, help="A registered version, by number or alias.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="A column to keep beside the scores, with key and time.")
@click.option("--chunk", type=click.IntRange(1), default=50_000, show_default=True, help="Rows in memory at once.")
@click.option("--fresh", is_flag=True, help="Begin anew where a job was not finished.")
def batch_command(table: Path, scores: Path, version: str, keep: tuple[str, ...], chunk: int, *, fresh: bool) -> None:
    """Score INPUT (.csv, .parquet or a folder of Parquet files, of any size) into OUTPUT (.csv or .parquet).

    Rows that the service would refuse are set aside with the reason. A run that was killed is gone on with by the same
    command. Features that INPUT lacks are looked up in the feature store as of each row's time.
    """
    from ... import workspace
    from ...clock import SystemClock
    from . import registered

    found = registered.run(
        workspace.current(), table, scores, version, keep, chunk, SystemClock(), click.echo, fresh=fresh
    )
    click.echo(found.sentence)


COMMANDS: list[click.Command] = [batch_command]
