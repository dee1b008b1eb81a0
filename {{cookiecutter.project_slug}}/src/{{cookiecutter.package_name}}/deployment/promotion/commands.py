"""Commands of workspaces, model tests and promotion."""

from __future__ import annotations

from pathlib import Path

import click

VERSION = click.argument("version")
BY = click.option("--by", default="", help="Who does it.  [default: the user of this machine]")


@click.group("workspaces")
def workspaces_group() -> None:
    """dev, test, prod and the shared registry, as workspaces.toml declares them."""


@workspaces_group.command("create")
@click.argument("names", nargs=-1)
def create_command(names: tuple[str, ...]) -> None:
    """Make what is missing of the workspaces NAMES.  [default: of all]"""
    from ... import workspace
    from . import create, workspaces

    create.run(workspaces.load(workspace.current().root), names, click.echo)


@workspaces_group.command("list")
def list_command() -> None:
    """What each is for, from where models come into it, and which versions it has."""
    from ... import workspace
    from ...clock import SystemClock
    from . import listing, workspaces

    for line in listing.lines(workspaces.load(workspace.current().root), SystemClock()):
        click.echo(line)


@workspaces_group.command("diff")
@click.argument("left")
@click.argument("right")
def diff_command(left: str, right: str) -> None:
    """In what LEFT and RIGHT differ; exit code 1 where it is more than workspaces.toml allows."""
    from ... import workspace
    from . import differences, workspaces

    found = differences.run(workspaces.load(workspace.current().root), left, right)
    for it in found:
        click.echo(
            f"{'may differ' if it.allowed else 'MUST NOT  '}  {it.key}: {it.left} in {left}, {it.right} in {right}"
        )
    differences.refuse(found, left, right)
    click.echo(f"{left} and {right} differ in {len(found)} keys, all of which may")


@click.group("model")
def model_group() -> None:
    """What is asked of a registered model."""


@model_group.command("test")
@VERSION
@BY
@click.option("--workspace", "name", help="Where it is registered.  [default: the current one]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Put the report into this folder too.")
def test_command(version: str, by: str, name: str | None, out: Path | None) -> None:
    """Test VERSION (a number or an alias) against modeltests.toml, and keep the report that promotion asks for."""
    from ... import workspace
    from ...clock import SystemClock
    from . import report as reports
    from . import testing, workspaces

    here = workspace.current()
    declared = workspaces.load(here.root)
    place = declared.place(name or here.name)
    if declared.settings(place.name).platform == "azure":
        from . import azure

        report, folder = azure.test(place, version, SystemClock(), by, click.echo)
    else:
        report, folder = testing.run(place, version, SystemClock(), by, click.echo)
    if out is not None:
        reports.copied(folder, out)
    testing.require(report, folder)
    click.echo(f"{report.sentence}; {folder}")


@click.command("promote")
@VERSION
@click.option("--from", "source", required=True, help="The workspace that has it.")
@click.option("--to", "target", required=True, help="The next workspace.")
@BY
@click.option("--reason", default="", help="Why; it is recorded.")
@click.option("--with", "also", multiple=True, metavar="ASSET", help="On Azure: also KIND:NAME:VERSION.")
def promote_command(version: str, source: str, target: str, by: str, reason: str, also: tuple[str, ...]) -> None:
    """Copy VERSION with everything that leads back into the next workspace, or say why not.

    Where workspaces.toml has the target on Azure, it is shared with Azure's registry, under the number it has there.
    """
    from ... import workspace
    from ...clock import SystemClock
    from . import promote, workspaces

    declared = workspaces.load(workspace.current().root)
    if declared.settings(target).platform == "azure":
        from . import azure

        declared.settings(target).takes_from(source, target)
        for address in azure.promote(declared.root, version, target, also, click.echo):
            click.echo(address)
        return
    clock, giver, taker = SystemClock(), declared.place(source), declared.place(target)
    made = promote.promote(version, giver, taker, clock, by, reason)
    click.echo(f"{target}:{made.number} is {made.tags['promoted_from']}, model {made.sha256[:12]}")


COMMANDS: list[click.Command] = [workspaces_group, model_group, promote_command]
