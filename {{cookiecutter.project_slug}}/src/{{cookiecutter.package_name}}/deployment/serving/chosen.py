"""Which workspace a command is about: the one that serves, where no other is named; releases go to the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ...workspace import Workspace


def named(_: click.Context, __: click.Parameter, name: str | None) -> Workspace:
    """The workspace `name`, else the one that workspaces.toml says serves. Raises `ProjectError` for an unknown one."""
    from ... import workspace
    from ..promotion import workspaces

    declared = workspaces.load(workspace.current().root)
    return declared.place(name) if name else declared.serving


WORKSPACE = click.option(
    "--workspace",
    "place",
    metavar="NAME",
    callback=named,
    help="Of which workspace.  [default: the one that serves, as workspaces.toml says]",
)
