"""Commands of the generated client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .contract import Contract

PATH = click.Path(path_type=Path)


@click.group("client")
def client_group() -> None:
    """The client that applications call the service with, written from what the model takes and gives."""


@client_group.command("generate")
@click.option("--out", type=PATH, default="client", show_default=True, help="The client's folder.")
@click.option("--version", "wanted", help="Of a registered version, by number or alias.  [default: of project.toml]")
@click.option("--schema", type=PATH, help="Of a hand-off folder's schema.json.")
@click.option("--breaking", is_flag=True, help="Let callers break, and raise the contract's major version.")
@click.option("--check", is_flag=True, help="Change nothing; fail where generating would.")
def generate_command(out: Path, wanted: str | None, schema: Path | None, *, breaking: bool, check: bool) -> None:
    """Write a typed client package that needs nothing but Python."""
    from . import generate

    if wanted and schema:
        raise click.UsageError("give --version or --schema, and not both")
    found = contract_of(wanted, schema)
    if check:
        click.echo(f"{out} is what would be generated: contract {generate.check(out, found).version}")
        return
    made, changes = generate.write(out, found, breaking=breaking)
    for change in changes:
        click.echo(str(change))
    click.echo(f"wrote {out}: package {generate.PACKAGE}, contract {made.version}")


def contract_of(wanted: str | None, schema: Path | None) -> Contract:
    """Of a registered version, of a file, or of this repo as it is."""
    from ...features import extended
    from ...model import project
    from . import contract

    if schema:
        return contract.of_handoff(schema.parent) if schema.name == "schema.json" else contract.read(schema)
    if wanted is None:
        own = project.load().schema_only
        wide = extended.extended(own)
        return contract.of(wide, frozenset(wide.columns) - frozenset(own.columns))
    from ... import workspace
    from ...clock import SystemClock
    from ...training.registry import Registry

    registry = Registry(workspace.current(), SystemClock())
    with registry.files(registry.get(wanted)) as folder:
        return contract.of_handoff(folder)


@client_group.command("compatible")
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
def compatible_command(old: Path, new: Path) -> None:
    """Would callers by OLD break with NEW? Both are a contract.json, or the schema.json of a hand-off.

    Fails where they would and the major version is not raised.
    """
    from . import compatible, contract

    before, after = contract.read(old), contract.read(new)
    found = compatible.check(before, after)
    for change in found:
        click.echo(str(change))
    click.echo(f"{before.version} -> {after.version}: {len(found)} changes" if found else "nothing changes for callers")


COMMANDS: list[click.Command] = [client_group]
