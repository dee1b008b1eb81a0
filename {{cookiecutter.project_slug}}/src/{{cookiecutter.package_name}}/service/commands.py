"""Commands of the service: accept a handed-off model, list the accepted ones, serve."""

from __future__ import annotations

from pathlib import Path

import click

from . import delivery

FOLDER = click.Path(path_type=Path)


@click.command("accept")
@click.argument("path", type=FOLDER)
@click.option("--by", default="", help="Who accepts it.  [default: the user of this machine]")
@click.option(
    "--reason", default="", help="Why, kept in the record; needed where it is unclear if it beats the baseline."
)
@click.option("--models", type=FOLDER, default="models", show_default=True, help="Where accepted models are kept.")
def accept_command(path: Path, by: str, reason: str, models: Path) -> None:
    """Check the handed-off folder PATH; take its model as the one that is served, or refuse and say why.

    Accepting models/<digest> again goes back to that model.
    """
    from ..clock import SystemClock
    from ..model import project
    from . import accept, store

    done = accept.run(path, project.load().schema_only, store.Store(models), SystemClock(), by, reason)
    for check in done.checks:
        click.echo(f"{check.name} {check.mark}: {check.detail}")
    click.echo(f"{'was accepted before' if done.again else 'accepted'}: {done.folder} is the one that is served now")


@click.command("models")
@click.option("--models", type=FOLDER, default="models", show_default=True, help="Where accepted models are kept.")
def models_command(models: Path) -> None:
    """List the accepted models; the one that is served has a star."""
    from . import store

    kept = store.Store(models)
    current = kept.current()
    records = kept.records()
    for record in records:
        star = "*" if record["digest"] == current else " "
        click.echo(f"{star} {record['digest'][: store.SHORT]}  {record['at']}  by {record['by']}  {record['scorer']}")
    if not records:
        click.echo(f"{models} holds no accepted model; {store.ACCEPT}")


@click.command("serve")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for all, and then MLOPS_API_KEY must be set."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--model", "digest", help="An accepted model by the beginning of its digest.  [default: the current one]")
@click.option("--models", type=FOLDER, default="models", show_default=True, help="Where accepted models are kept.")
@click.option("--no-auth", is_flag=True, help="Take requests without a key on any address.")
@click.option("--max-body", type=click.IntRange(1), default=8 * 2**20, show_default=True, help="Bytes of one request.")
@click.option("--max-batch", type=click.IntRange(1), default=10_000, show_default=True, help="Records of one batch.")
def serve_command(
    host: str, port: int, digest: str | None, models: Path, no_auth: bool, max_body: int, max_batch: int
) -> None:
    """Serve the accepted model over HTTP: /score, /score/batch, /health/live, /health/ready, /docs.

    Where the environment has MLOPS_API_KEY, callers must send it as the header X-API-Key.
    """
    from . import serve, store
    from .endpoint import Limits

    limits = Limits(max_body, max_batch)
    serve.run(store.Store(models), digest, host, port, not no_auth, limits, click.echo)


COMMANDS: list[click.Command] = [accept_command, models_command, serve_command, *delivery.COMMANDS]
