"""Commands about registered versions: the registry and its ledger, reproduction, release."""

from __future__ import annotations

import click


@click.group("registry")
def registry_group() -> None:
    """The registered versions, their aliases, and who moved them."""


@registry_group.command("list")
def list_command() -> None:
    """All versions with their figure and aliases."""
    from .. import workspace
    from ..clock import SystemClock
    from .registry import Registry

    found = Registry(workspace.current(), SystemClock()).versions()
    for it in found:
        names = f"  [{', '.join(it.aliases)}]" if it.aliases else ""
        mark = f"  ({'; '.join(it.marks)})" if it.marks else ""
        about = f"{it.sha256[:12]}  {it.tags.get('metric', ''):<28}  run {it.tags.get('run', '')}"
        click.echo(f"{it.number:>4}  {about}{names}{mark}")
    if not found:
        click.echo("nothing is registered yet; `mlops pipeline run` does it")


@registry_group.command("show")
@click.argument("version")
def show_command(version: str) -> None:
    """Where VERSION (a number or an alias) comes from: its run, data, code, environment."""
    from .. import workspace
    from ..clock import SystemClock
    from .registry import Registry

    found = Registry(workspace.current(), SystemClock()).get(version)
    click.echo(f"{found.name} version {found.number}, {', '.join(found.aliases) or 'no alias'}")
    for name, text in sorted(found.tags.items()):
        click.echo(f"  {name}: {text}")
    click.echo(f"  files: {found.source.rpartition('/')[0]}")


@registry_group.command("ledger")
def ledger_command() -> None:
    """Every change of an alias, verified against its hashes and against the registry."""
    from .. import workspace
    from ..clock import SystemClock
    from .registry import Registry

    found = Registry(workspace.current(), SystemClock()).history()
    for it in found:
        was = f" from {it.previous}" if it.previous else ""
        why = f" ({it.reason})" if it.reason else ""
        click.echo(f"{it.seq:>4}  {it.at}  {it.by}: {it.action} {it.alias} -> {it.version}{was}{why}  {it.hash[:12]}")
    click.echo(f"{len(found)} entries; the chain holds, and every alias stands where the last entry put it")


@registry_group.command("restore")
def restore_command() -> None:
    """Put aliases that were moved by hand back where the ledger has them."""
    from .. import workspace
    from ..clock import SystemClock
    from .registry import Registry

    moved = Registry(workspace.current(), SystemClock()).restore()
    for line in moved:
        click.echo(line)
    click.echo(f"{len(moved)} aliases moved; all stand where the ledger has them")


@click.command("reproduce")
@click.argument("version")
def reproduce_command(version: str) -> None:
    """Train VERSION again from what was recorded, and prove that it comes out the same."""
    from .. import workspace
    from ..clock import SystemClock
    from . import reproduce

    reproduce.run(workspace.current(), version, SystemClock(), click.echo)


@click.command("release")
@click.argument("version", required=False)
@click.option("--rollback", is_flag=True, help="Go back to the version that was released before.")
@click.option("--by", default="", help="Who releases.  [default: the user of this machine]")
@click.option("--reason", default="", help="Why; it is recorded.")
def release_command(version: str | None, by: str, reason: str, *, rollback: bool) -> None:
    """Put VERSION (a number or an alias) behind the service; `mlops serve` takes it at its next start."""
    from .. import workspace
    from ..clock import SystemClock
    from . import release

    if rollback == bool(version):
        raise click.UsageError("name a VERSION, or say --rollback")
    place = workspace.current()
    if version:
        done = release.run(place, version, SystemClock(), by, reason)
    else:
        done = release.back(place, SystemClock(), by, reason)
    click.echo(done.sentence)
