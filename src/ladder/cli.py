"""`ladder`: parse, call, echo. Heavy libraries are imported inside the commands."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .errors import LadderError

FILE = click.Path(path_type=Path, exists=True, dir_okay=True)
PLACE = click.Path(path_type=Path)
OUT = click.Path(path_type=Path, dir_okay=False)


class Errors(click.Group):
    """A group that prints a user's error as two lines instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LadderError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(error.code)


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
    """The five maturity levels: the layers of code that each adds, and why."""
    from . import levels

    for line in levels.lines():
        click.echo(line)


@main.command("diff")
@click.argument("lower", type=int)
@click.argument("higher", type=int)
@click.option("--all", "everything", is_flag=True, help="The text of added and removed files too: a whole patch.")
@click.option("--package", help="Name of the Python package.  [default: the sample's]")
@click.option("--ci", help="Where CI runs: github, azure-devops, gitlab or none.  [default: github]")
def diff_command(lower: int, higher: int, everything: bool, package: str | None, ci: str | None) -> None:
    """What the step from level LOWER to HIGHER changes, as a tree and as a diff."""
    from . import diff

    given = {"package_name": package, "ci_provider": ci}
    answers = {name: answer for name, answer in given.items() if answer is not None}
    for line in diff.lines(lower, higher, answers, everything=everything):
        click.echo(line)


@main.command("upgrade")
@click.argument("path", type=PLACE, default=Path())
@click.option("--to", type=int, help="The level to go to, up or down.  [default: the same, by this template]")
@click.option("--dry-run", is_flag=True, help="Say the plan and touch nothing. Code 1: conflicts are foreseen.")
@click.option("--check", is_flag=True, help="First run the new level's own tests in a scratch copy.")
@click.option("--python", type=FILE, help="For --check: a Python that has what the level needs.  [default: make setup]")
@click.option("--template", type=FILE, help="A folder or clone of the template that made the repo, if it was another.")
@click.option("--git-init", is_flag=True, help="Begin version control where there is none, without asking.")
def upgrade_command(
    path: Path, to: int | None, dry_run: bool, check: bool, python: Path | None, template: Path | None, git_init: bool
) -> None:
    """Move the project in PATH to another level, or to a newer template: one commit a step.

    Exit codes: 0 done, 1 conflicts are left for you, 2 refused, and nothing was touched.
    """
    from . import upgrade

    def begin_git(question: str) -> bool:
        return git_init or (sys.stdin.isatty() and click.confirm(question))

    sys.exit(upgrade.run(upgrade.Wish(path, to, dry_run, check, python, template, begin_git), click.echo))


@main.command("adopt")
@click.argument("path", type=PLACE)
@click.option("--level", type=int, required=True, help="0 to 4; `ladder levels` explains them.")
@click.option("--name", help="Name of the project.  [default: the folder's]")
@click.option("--package", help="Name of the Python package that holds the level's code.  [default: the project's]")
@click.option("--ci", help="Where CI runs: github, azure-devops, gitlab or none.  [default: github]")
@click.option("--dry-run", is_flag=True, help="Say what would be added and left out, and touch nothing.")
def adopt_command(path: Path, level: int, name: str | None, package: str | None, ci: str | None, dry_run: bool) -> None:
    """Give the repo in PATH, which was not generated, a level's files beside its own. Nothing is overwritten."""
    from . import adopt

    given = {"project_slug": name, "package_name": package, "ci_provider": ci}
    answers = {key: answer for key, answer in given.items() if answer is not None}
    sys.exit(adopt.run(adopt.Wish(path, level, answers, dry_run), click.echo))


@main.command("verify")
@click.argument("path", type=PLACE, default=Path())
@click.option("--static", is_flag=True, help="Read only: run nothing of the repo. Under two seconds.")
@click.option("--level", type=int, help="Look at this level and those below. Exit code 1 where it is not reached.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: the level, and an entry for each statement.")
@click.option("--html", type=OUT, help="Write a page of its own: a heat map, and what to do next.")
@click.option("--badge", type=OUT, help="Write a badge as SVG.")
@click.option("--python", type=FILE, help="The Python of the repo's own environment.  [default: that in .venv]")
def verify_command(
    path: Path,
    static: bool,
    level: int | None,
    as_json: bool,
    html: Path | None,
    badge: Path | None,
    python: Path | None,
) -> None:
    """Which maturity level the repo in PATH shows, generated or not: each statement of the model with its evidence."""
    from .verify import outputs, run

    outputs.ready(html, badge)
    report = run.run(run.Wish(path, level, static, python), outputs.progress(quiet=static))
    outputs.write(report, html=html, badge=badge)
    for line in outputs.lines(report, as_json=as_json):
        click.echo(line)
    sys.exit(0 if report.holds else 1)
