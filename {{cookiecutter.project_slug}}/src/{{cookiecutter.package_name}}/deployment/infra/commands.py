"""`mlops infra`."""

from __future__ import annotations

import click


@click.group("infra")
def infra_group() -> None:
    """Workspaces, compute and the registry on Azure, as azure/infra declares them."""


@infra_group.command("check")
def check_command() -> None:
    """Look at the files as far as that goes without Azure: keys, names, clusters, in what environments differ."""
    from ... import workspace
    from . import check

    for path in check.run(workspace.current().root):
        click.echo(path)
    click.echo("every file loads, names nobody, and differs from the others only where it may")


@infra_group.command("apply")
@click.option("--env", required=True, help="A workspace of workspaces.toml, or registry.")
@click.option("--what-if", is_flag=True, help="Only say what would be done.")
def apply_command(env: str, *, what_if: bool) -> None:
    """Make what is missing, change what differs. Again, nothing happens.

    AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP, AZURE_LOCATION and AZURE_ML_WORKSPACE (or AZURE_ML_REGISTRY) say where;
    who is the session's identity: OIDC in CI, `az login` at a desk.
    """
    from ... import workspace
    from . import apply

    steps = apply.run(workspace.current().root, env, what_if=what_if, echo=click.echo)
    done = [step for step in steps if step.action != "keep"]
    click.echo(f"{len(done)} of {len(steps)} {'would be' if what_if else 'were'} made or changed")


COMMANDS: list[click.Command] = [infra_group]
