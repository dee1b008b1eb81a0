"""`ladder`: parse, call, echo. Heavy libraries are imported inside the commands."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .errors import LadderError

FILE = click.Path(path_type=Path, exists=True, dir_okay=True)


class Errors(click.Group):
    """A group that prints a user's error as two lines instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LadderError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(1)


@click.group(cls=Errors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="mlops-ladder")
def main() -> None:
    """Emit a machine learning repo at an MLOps maturity level."""


@main.command("new")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--level", help="0 to 4; `ladder levels` explains them.  [default: 0]")
@click.option("--package", help="Name of the Python package.  [default: the folder's, with _ for -]")
@click.option("--ci", help="Where CI runs: github, azure-devops, gitlab or none.  [default: github]")
@click.option("--data", type=FILE, help="Your own table (CSV or Parquet), instead of the sample.")
@click.option("--target", help="The column of it to predict.")
def new_command(
    path: Path, level: str | None, package: str | None, ci: str | None, data: Path | None, target: str | None
) -> None:
    """Emit a project into PATH, a folder that is not there yet."""
    from . import new

    if (data is None) != (target is None):
        raise click.UsageError("--data and --target belong together: a table, and the column of it to predict")
    given = {"maturity_level": level, "package_name": package, "ci_provider": ci}
    new.create(path, {name: answer for name, answer in given.items() if answer is not None}, data, target)
    click.echo(f"{path} is ready; next: cd {path} && make demo")


@main.command("levels")
def levels_command() -> None:
    """The five maturity levels, and the layers of code that each adds."""
    from . import levels

    for line in levels.lines():
        click.echo(line)
