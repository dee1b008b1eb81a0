"""Commands that CI asks of the application: does what was built answer, is this a release, its notes."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.Path(path_type=Path)


@click.command("smoke")
@click.option("--models", type=FOLDER, default="models", show_default=True, help="Where accepted models are kept.")
def smoke_command(models: Path) -> None:
    """Start the installed service, and see it ready, guarded by its key, and giving a model's recorded answers.

    The model is the accepted one; where there is none, a stand-in is fitted on made-up rows of project.toml's shape.
    """
    from ..clock import SystemClock
    from ..model import project
    from . import smoke, store

    smoke.run(lambda: project.load().schema_only, store.Store(models), SystemClock(), click.echo)


@click.command("release-check")
@click.argument("tag")
@click.option("--dist", type=FOLDER, help="Also: this folder holds one wheel, of that version.")
def check_command(tag: str, dist: Path | None) -> None:
    """Do TAG (v1.2.3), the version in pyproject.toml and CHANGELOG.md agree?"""
    from . import release

    click.echo(f"{tag} releases version {release.check(Path(), tag, dist)}")


@click.command("release-notes")
@click.argument("tag")
@click.option("--out", type=FOLDER, required=True, help="The file to write.")
def notes_command(tag: str, out: Path) -> None:
    """Write what CHANGELOG.md says of TAG's version."""
    from . import release

    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(release.notes(Path(), tag), encoding="utf-8", newline="\n")
    click.echo(f"wrote {out}")


COMMANDS: list[click.Command] = [smoke_command, check_command, notes_command]
