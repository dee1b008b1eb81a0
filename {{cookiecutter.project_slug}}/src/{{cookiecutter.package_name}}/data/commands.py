"""The data pipeline's commands."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default="data/landed",
    show_default=True,
    help="The landed folder; its quarantine lies beside it.",
)
TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
QUARANTINED = 3  # the exit code that cron and CI see


@click.command("ingest")
@ROOT
@click.option("--until", type=click.DateTime(TIMES), help="Only rows whose watermark is not later (UTC).")
@click.option(
    "--batch-rows", type=click.IntRange(1), default=100_000, show_default=True, help="Rows in memory at once."
)
@click.option("--overlap", help="Read this much again, such as 2h.  [default: source.late, or 5m with a change time]")
@click.option("--keep", default="30d", show_default=True, help="How long replaced files are kept, for past states.")
@click.option("--partition", type=click.Choice(["day", "month"]), help="At the first run.  [default: by rows a day]")
@click.option("--rebuild", is_flag=True, help="Read the source anew; it takes the place of what is landed at the end.")
def ingest_command(
    root: Path,
    until: datetime | None,
    batch_rows: int,
    overlap: str | None,
    keep: str,
    partition: str | None,
    *,
    rebuild: bool,
) -> None:
    """Gather new and changed rows, check them, land the good ones. Exit code 3: something went to quarantine."""
    from ..model import project
    from . import ingest

    options = ingest.Options(
        until=until,
        batch_rows=batch_rows,
        overlap=duration(overlap, "--overlap") if overlap else None,
        keep=duration(keep, "--keep"),
        by="month" if partition == "month" else "day" if partition == "day" else None,
        rebuild=rebuild,
    )
    done = ingest.run(project.load(), root, options, echo=click.echo)
    click.echo(done.sentence())
    if done.held:
        click.echo(f"in quarantine: {', '.join(done.held)}; see `mlops quarantine list`", err=True)
        sys.exit(QUARANTINED)


def duration(text: str, option: str) -> timedelta:
    """A length of time such as `2h`."""
    from pydantic_core import PydanticCustomError

    from ..model.project import parse_duration

    try:
        return parse_duration(text)
    except PydanticCustomError as error:
        raise click.BadParameter(f"{text!r} {error.message()}", param_hint=option) from None


@click.group("quarantine")
def quarantine_group() -> None:
    """What did not pass the expectations."""


@quarantine_group.command("list")
@ROOT
def list_command(root: Path) -> None:
    """What waits for a decision, and why."""
    from . import decide, quarantine

    held = decide.listed(root)
    if held.empty:
        click.echo("the quarantine holds nothing that waits")
    for row in held.itertuples():
        click.echo(f"{row.id}  {row.rows:,} of {row.of:,} rows from {row.source}, read {row.read}: {row.why}")
        click.echo(f"        {quarantine.folder(root) / str(row.id) / quarantine.REASON}")


@quarantine_group.command("release")
@click.argument("batch")
@ROOT
@click.option("--accept", is_flag=True, help="Land it against the expectations, as far as it can be stored.")
@click.option("--by", help="Who accepts.")
@click.option("--reason", help="Why.")
def release_command(batch: str, root: Path, by: str | None, reason: str | None, *, accept: bool) -> None:
    """Check the rows of BATCH again, as project.toml is now, and land them."""
    from ..model import project
    from . import decide

    if accept and not (by and reason):
        raise click.UsageError("--accept needs --by and --reason: they are recorded")
    decision = decide.Decision(by, reason) if accept else None
    done = decide.release(project.load(), root, batch, accept=decision)
    landed = f"{done.batch.new:,} new, {done.batch.changed:,} changed, {done.batch.duplicate:,} duplicate"
    click.echo(f"{batch} is released: {landed}; {done.left_out:,} rows could not be stored and stay out")


@quarantine_group.command("drop")
@click.argument("batch")
@ROOT
@click.option("--reason", required=True, help="Why these rows never land; it is recorded.")
@click.option("--by", help="Who decides.")
def drop_command(batch: str, root: Path, reason: str, by: str | None) -> None:
    """Give up the rows of BATCH, such as those that their source has sent again since."""
    from ..model import project
    from . import decide

    dropped = decide.drop(project.load(), root, batch, decide.Decision(by, reason))
    click.echo(f"{batch} is dropped: {dropped.rows:,} rows will not land")


@click.group("data")
def data_group() -> None:
    """The table to learn from."""


@data_group.command("status")
@ROOT
def status_command(root: Path) -> None:
    """What is landed: rows, span, watermark, latest batches, what waits in quarantine."""
    from . import landed, manifest

    stats = landed.stats(root)
    click.echo(
        f"{stats.rows:,} rows in {stats.files:,} files, {stats.start or 'from nothing'} to {stats.end or 'nothing'}"
    )
    click.echo(f"watermark {stats.watermark or 'none'}, state {stats.state[:16] or 'none'}")
    for batch in manifest.load(root).batches[-5:]:
        click.echo(f"  {batch.id} {batch.finished} {batch.source}: {batch.new:,} new, {batch.changed:,} changed")
    for name, rows in stats.held.items():
        click.echo(f"  in quarantine: {name}, {rows:,} rows")


@data_group.command("verify")
@ROOT
def verify_command(root: Path) -> None:
    """Compare the landed files with the checksums in the manifest."""
    from ..errors import DataError
    from . import landed

    wrong = landed.verify(root)
    if wrong:
        raise DataError("; ".join(wrong), fix="restore the files, or `mlops ingest --rebuild`")
    click.echo(f"{root}: every file is as it was landed")


COMMANDS: list[click.Command] = [ingest_command, quarantine_group, data_group]
