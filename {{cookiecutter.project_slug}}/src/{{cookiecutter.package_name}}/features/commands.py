"""The feature store's commands."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .featureset import FeatureSet

FOLDER = click.Path(path_type=Path, file_okay=False)
STORE = click.option("--store", type=FOLDER, help="The store.  [default: MLOPS_FEATURES, else the workspace's]")
LANDED = click.option("--root", type=FOLDER, default="data/landed", show_default=True, help="The landed folder.")
AT = click.option("--at", type=click.DateTime(), help="As it was then (UTC).  [default: now]")
STALE = 3  # the exit code that cron sees


def store_at(given: Path | None) -> Path:
    """The store that was named, else that of `MLOPS_FEATURES` or of the workspace."""
    from . import filler

    return given or filler.store()


def defined(name: str | None = None) -> tuple[FeatureSet, ...]:
    """The definitions for the table of `project.toml`, or those of one name. Raises `FeatureError` for another name."""
    from ..model import project
    from ..model.messages import choices
    from . import extended
    from .featureset import FeatureError

    found = extended.feature_sets(project.load().schema_only)
    known = tuple(it.name for it in found)
    if name is not None and name not in known:
        raise FeatureError(f"there is no feature set {name!r}", fix=choices(name, known))
    return tuple(it for it in found if name in (None, it.name))


@click.group("features")
def features_group() -> None:
    """The feature store: values for training, point in time, and the same ones for serving."""


@features_group.command("list")
def list_command() -> None:
    """What is defined, in features/definitions.py."""
    from ..model.durations import format_duration as spoken

    for it in defined():
        retired, known = (
            ", retired" if it.retired else "",
            f"known after {spoken(it.source_delay)}, kept {spoken(it.ttl)}",
        )
        click.echo(f"{it.name}, version {it.version}{retired}: by {it.index}, {known}")
        for feature in it.features:
            click.echo(f"  {feature.name}: {feature.aggregate}({feature.expression}) over {spoken(feature.window)}")


@features_group.command("materialise")
@LANDED
@STORE
@click.option("--online/--no-online", default=True, help="Write the newest values for servers, too.")
@AT
def materialise_command(root: Path, store: Path | None, at: datetime | None, *, online: bool) -> None:
    """Compute what has changed since the last run, then write the newest values to the online store."""
    from ..clock import SystemClock
    from ..data import lock
    from . import materialise, publish

    clock, where, sets = SystemClock(), store_at(store), defined()
    with lock.held(where):
        for done in materialise.locked(root, where, sets, clock, click.echo):
            what = f"{len(done.computed)} of {done.intervals} intervals computed"
            click.echo(f"{done.feature_set.name}: {what}, {done.rows:,} rows in {done.seconds:.2f} s")
        counts = publish.run(where, sets, at or clock.now()) if online else []
    for it, count in zip(sets, counts, strict=False):
        none = "; none is younger than its ttl, servers get null (old data? see --at)" if not count else ""
        click.echo(f"{it.name}: {count:,} entities online{none}")


@features_group.command("status")
@LANDED
@STORE
@AT
@click.option("--exit-code", is_flag=True, help=f"Exit with code {STALE} where a set is stale: for cron.")
def status_command(root: Path, store: Path | None, at: datetime | None, *, exit_code: bool) -> None:
    """What is computed, how old its newest value is, and the latest runs."""
    from ..clock import SystemClock
    from . import status

    found = [status.of(store_at(store), root, it, at or SystemClock().now()) for it in defined()]
    for it in found:
        for line in status.lines(it):
            click.echo(line)
    if exit_code and any(it.stale for it in found):
        sys.exit(STALE)


@features_group.command("get")
@click.argument("entity", required=False)
@STORE
@AT
@click.option("--set", "name", help="Only this feature set.  [default: all]")
def get_command(entity: str | None, store: Path | None, at: datetime | None, name: str | None) -> None:
    """Look up ENTITY in the online store, as a server does; no ENTITY for features of the whole table."""
    from ..clock import SystemClock
    from . import look

    for found in defined(name):
        for line in look.up(store_at(store), found, entity, at or SystemClock().now()):
            click.echo(line)


@features_group.command("skew")
@LANDED
@STORE
@click.option("--rows", type=click.IntRange(1), default=100, show_default=True, help="Observations to compare.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Which ones.")
def skew_command(root: Path, store: Path | None, rows: int, seed: int) -> None:
    """Compare what rows were trained with against what serving would have given them. Exit code 1: they differ."""
    from . import skew
    from .featureset import FeatureError

    found = skew.compare(root, store_at(store), defined(), rows, seed)
    for difference in found.differences[:20]:
        click.echo(difference.sentence)
    if found.differences:
        wrong = f"{len(found.differences)} of {found.values} values differ between training and serving"
        raise FeatureError(wrong, fix="docs/features.md, `A wrong value`, says how to find out which is right")
    click.echo(f"{found.values} values of {found.observations} observations are equal, {found.known} of them known")


@features_group.command("export")
@click.option("--out", type=FOLDER, default="build/azure/features", show_default=True, help="Where to write.")
@click.option("--source", help="Where the landed Parquet files are, such as abfss://CONTAINER@ACCOUNT...")
@click.option("--check", is_flag=True, help="Write nothing: are the files there, and as they would be written?")
def export_command(out: Path, source: str | None, *, check: bool) -> None:
    """Write the definitions as Azure's entities, feature sets, specifications and transformation code."""
    from . import azure

    sets, path = defined(), source or azure.NOWHERE
    if check:
        azure.check(sets, out, path)
        click.echo(f"{out.as_posix()} is what features/definitions.py and project.toml say")
        return
    for file in azure.export(sets, out, path):
        click.echo(file.as_posix())
    if not source:
        click.echo(f"source.path is {azure.NOWHERE}: name yours with --source", err=True)


COMMANDS: list[click.Command] = [features_group]
