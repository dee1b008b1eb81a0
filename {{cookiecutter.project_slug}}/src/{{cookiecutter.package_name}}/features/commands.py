"""The feature store's commands."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

FOLDER = click.Path(path_type=Path, file_okay=False)
STORE = click.option("--store", type=FOLDER, help="The store's folder.  [default: the workspace's]")
LANDED = click.option("--root", type=FOLDER, default="data/landed", show_default=True, help="The landed folder.")


def store_at(given: Path | None) -> Path:
    """The store that was named, else that of `MLOPS_FEATURES` or of the workspace."""
    from . import serving

    return given or serving.store()


@click.group("features")
def features_group() -> None:
    """The feature store: values for training, point in time, and the same ones for serving."""


@features_group.command("list")
def list_command() -> None:
    """What is defined, in features/definitions.py."""
    from ..model import project
    from . import extended

    for it in extended.feature_sets(project.load().schema_only):
        click.echo(f"{it.name}, version {it.version}: by {it.index}, known after {it.source_delay}, kept {it.ttl}")
        for feature in it.features:
            click.echo(f"  {feature.name}: {feature.aggregate}({feature.expression}) over {feature.window}")


@features_group.command("materialise")
@LANDED
@STORE
@click.option("--online/--no-online", default=True, help="Write the newest values for servers, too.")
@click.option("--at", type=click.DateTime(), help="Write online what was known then (UTC).  [default: now]")
def materialise_command(root: Path, store: Path | None, at: datetime | None, *, online: bool) -> None:
    """Compute what has changed since the last run, then write the newest values to the online store."""
    from ..clock import SystemClock
    from ..model import project
    from . import extended, materialise
    from .online import materialise_online

    clock, where = SystemClock(), store_at(store)
    sets = extended.feature_sets(project.load().schema_only)
    for done in materialise.run(root, where, sets, clock, click.echo):
        seconds = f"{done.rows:,} rows in {done.seconds:.2f} s"
        click.echo(f"{done.feature_set.name}: {done.computed} of {done.intervals} intervals computed, {seconds}")
    if online:
        for name, count in materialise_online(where, sets, at or clock.now()).items():
            none = "; none is younger than its ttl, servers get null (old data? see --at)" if not count else ""
            click.echo(f"{name}: {count:,} entities online{none}")


@features_group.command("status")
@LANDED
@STORE
def status_command(root: Path, store: Path | None) -> None:
    """What is computed, how far it lags behind, and the latest runs."""
    from ..clock import SystemClock
    from ..model import project
    from . import extended, status

    for found in extended.feature_sets(project.load().schema_only):
        it = status.of(store_at(store), root, found, SystemClock().now())
        counts = ", ".join(f"{count} {name}" for name, count in it.statuses.items() if count)
        click.echo(f"{found.name}, version {found.version}: {it.rows:,} rows, intervals: {counts or 'none'}")
        lag = "nothing is complete" if it.lag is None else f"last complete {it.last}, lag {it.lag}, ttl {found.ttl}"
        click.echo(f"  {'STALE: ' if it.stale else ''}{lag}")
        for run in it.runs:
            click.echo(f"  {run}")


@features_group.command("get")
@click.argument("entity", required=False)
@STORE
def get_command(entity: str | None, store: Path | None) -> None:
    """Look up ENTITY in the online store, as a server does; no ENTITY for features of the whole table."""
    from ..clock import SystemClock
    from ..model import project
    from . import extended, look

    for found in extended.feature_sets(project.load().schema_only):
        for line in look.up(store_at(store), found, entity, SystemClock().now()):
            click.echo(line)


@features_group.command("skew")
@LANDED
@STORE
@click.option("--rows", type=click.IntRange(1), default=100, show_default=True, help="Observations to compare.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which ones.")
def skew_command(root: Path, store: Path | None, rows: int, seed: int) -> None:
    """Compare what rows were trained with against what serving would have given them. Exit code 1: they differ."""
    from ..model import project
    from . import extended, skew
    from .featureset import FeatureError

    found = skew.compare(root, store_at(store), extended.feature_sets(project.load().schema_only), rows, seed)
    for difference in found.differences[:20]:
        click.echo(difference.sentence)
    if found.differences:
        wrong = f"{len(found.differences)} of {found.values} values differ between training and serving"
        raise FeatureError(wrong, fix="docs/features.md, `A wrong value`, says how to find out which is right")
    click.echo(f"{found.values} values of {found.observations} observations are equal, {found.known} of them known")


@features_group.command("export")
@click.option("--out", type=FOLDER, default="build/azure/features", show_default=True, help="Where to write.")
@click.option("--source", help="The cloud path of the landed Parquet files.")
def export_command(out: Path, source: str | None) -> None:
    """Write the definitions as Azure's entity and feature set specifications."""
    from ..model import project
    from . import azure, extended

    for path in azure.export(extended.feature_sets(project.load().schema_only), out, source or azure.SOURCE):
        click.echo(path.as_posix())


COMMANDS: list[click.Command] = [features_group]
