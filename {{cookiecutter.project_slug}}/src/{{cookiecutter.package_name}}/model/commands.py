"""The commands of Level 0: everything by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

FILE = click.Path(path_type=Path, dir_okay=True)
TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]


@click.command("sample")
@click.option("--rows", type=click.IntRange(10_000, 10_000_000), default=50_000, show_default=True, help="Trips.")
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Same seed, same city.")
@click.option("--weeks", type=click.IntRange(1, 520), default=8, show_default=True, help="Over which they are spread.")
@click.option("--roadworks-week", type=click.IntRange(1), help="From this week on roadworks slow some zones.")
@click.option(
    "--until", type=click.DateTime(TIMES), help="Live on to this time only (UTC); call again with a later one."
)
@click.option("--db", type=FILE, default="data/operational.db", show_default=True, help="The operational database.")
@click.option("--export", "path", type=FILE, default="data/trips.csv", show_default=True, help=".csv or .parquet.")
@click.option("--no-export", is_flag=True, help="Fill the database only.")
@click.option("--force", is_flag=True, help="Make the database anew where it holds another city.")
def sample_command(
    rows: int,
    seed: int,
    weeks: int,
    roadworks_week: int | None,
    until: datetime | None,
    db: Path,
    path: Path,
    *,
    no_export: bool,
    force: bool,
) -> None:
    """Fill the sample's operational database (a city's taxi trips), and export it as a person would by hand."""
    from . import sample

    if force:
        db.unlink(missing_ok=True)
    with click.progressbar(length=weeks * 7, label="days") as bar:
        city = sample.fill(
            db, rows, seed, weeks=weeks, roadworks_week=roadworks_week, at=until, progress=lambda _: bar.update(1)
        )
    click.echo(f"{db} has lived until {sample.world(db)[1]} of {city.end}")
    if not no_export:
        click.echo(f"exported {sample.export(db, path):,} trips with a known duration to {path}")


@click.group("data")
def data_group() -> None:
    """The table to learn from."""


@data_group.command("describe")
@click.argument("file", type=FILE)
@click.option("--target", required=True, help="The column to predict.")
@click.option("--write", is_flag=True, help="Write project.toml instead of printing it.")
@click.option("--force", is_flag=True, help="Replace a project.toml that is there; the old one is kept as .bak.")
def describe_command(file: Path, target: str, *, write: bool, force: bool) -> None:
    """Propose a project.toml for a CSV or Parquet FILE, and warn of columns that give the target away."""
    from . import describe

    proposal = describe.propose(file, target, shown_path=file.as_posix())
    click.echo(proposal.report(), err=not write)
    if not write:
        click.echo(proposal.toml(), nl=False)
        return
    kept = describe.write(proposal, Path("project.toml"), force=force)
    click.echo("wrote project.toml" + (f", and kept the old one as {kept}" if kept else ""))


@click.command("train")
@click.option("--data", type=FILE, help="The table to learn from.  [default: table.path of project.toml]")
@click.option("--out", type=FILE, default="handoff", show_default=True, help="The hand-off folder to write.")
def train_command(data: Path | None, out: Path) -> None:
    """Fit the pipeline, judge it on the latest rows, and write the hand-off folder."""
    from . import project, train

    loaded = project.load()
    train.run(loaded.schema_only, data or Path(loaded.table.path), out, click.echo)


@click.command("score")
@click.argument("file", type=FILE)
@click.option("--model", type=FILE, default="handoff", show_default=True, help="A hand-off folder.")
@click.option("--out", type=FILE, default="scores.csv", show_default=True, help=".csv or .parquet.")
def score_command(file: Path, model: Path, out: Path) -> None:
    """Score the rows of FILE with a handed-off model."""
    from . import score

    scores, oddities = score.run(file, model, out)
    for oddity in oddities:
        click.echo(f"warning: {oddity}", err=True)
    click.echo(f"wrote {len(scores):,} scores to {out}")


@click.group("handoff")
def handoff_group() -> None:
    """The folder that is handed to whoever runs the application."""


@handoff_group.command("check")
@click.argument("folder", type=FILE, default="handoff")
def check_command(folder: Path) -> None:
    """Load FOLDER and nothing else, score its sample request, and compare with the response that it records."""
    from . import check

    digest, rows = check.run(folder)
    click.echo(f"{folder}: checksums hold, and {rows} sample predictions are as recorded (model {digest})")


@click.command("demo")
@click.option(
    "--rows", type=click.IntRange(10_000, 10_000_000), default=50_000, show_default=True, help="Sample trips."
)
@click.option("--level", type=click.IntRange(0, 4), help="Only the chapters of this level.  [default: all]")
def demo_command(rows: int, level: int | None) -> None:
    """Run the story of every layer that is present, on real parts, and write reports/index.html."""
    from .. import story

    story.tell(story.Stage(Path.cwd(), rows), level)
    click.echo(f"the report: {Path('reports', 'index.html')}")


COMMANDS: list[click.Command] = [
    sample_command,
    data_group,
    train_command,
    score_command,
    handoff_group,
    demo_command,
]
