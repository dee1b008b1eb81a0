"""Commands of training: the pipeline, its runs, its steps; `registered` and `automation` bring the rest."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import MlopsError
from .automation import COMMANDS as AUTOMATION
from .registered import registry_group, release_command, reproduce_command
from .steps import step_group

NAME = click.argument("name", default="training")


@click.group("pipeline")
def pipeline_group() -> None:
    """The training pipeline, as azure/pipelines declares it."""


@pipeline_group.command("check")
@NAME
def check_command(name: str) -> None:
    """Find wrong bindings, cycles and unknown inputs, before anything runs."""
    from . import pipeline

    found = pipeline.load(pipeline.path_of(Path(), name))
    for step in found.order:
        needs = ", ".join(sorted(found.steps[step].needs))
        click.echo(f"{step}{f' <- {needs}' if needs else ''}")
    click.echo(f"{found.path}: {len(found.order)} steps, every binding leads somewhere")


@pipeline_group.command("run")
@NAME
@click.option(
    "--input", "given", multiple=True, metavar="NAME=VALUE", help="An input; champion=none compares with none."
)
@click.option("--cause", default="by hand", show_default=True, help="Why; it is recorded.")
@click.option("--allow-uncommitted", is_flag=True, help="Register code that is not committed; the version is marked.")
@click.option("--isolated", is_flag=True, help="Each step in a process of its own, as on Azure.")
@click.option("--fresh", is_flag=True, help="Skip no step.")
@click.option(
    "--platform", type=click.Choice(["local", "azure"]), envvar="MLOPS_PLATFORM", default="local", show_default=True
)
def run_command(
    name: str,
    given: tuple[str, ...],
    cause: str,
    platform: str,
    *,
    allow_uncommitted: bool,
    isolated: bool,
    fresh: bool,
) -> None:
    """Run the pipeline: from the source to a registered version, or to the clause that refused it."""
    from .. import workspace
    from ..clock import SystemClock
    from . import run

    inputs = dict(pair(it) for it in given)
    place = workspace.current()
    if platform == "azure":
        from . import azure, pipeline

        path = pipeline.path_of(place.root, name)
        azure.submit(path, inputs, echo=click.echo, cause=cause, allow_uncommitted=allow_uncommitted)
        return
    options = run.Options(cause, "", inputs, allow_uncommitted, isolated, fresh)
    run.start(place, name, options, SystemClock(), click.echo)


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--input")
    return name, value


@pipeline_group.command("runs")
@click.option("--last", type=click.IntRange(1), default=10, show_default=True)
def runs_command(last: int) -> None:
    """The latest runs, and what became of them."""
    from .. import workspace
    from . import facts

    found = facts.latest(workspace.current(), last)
    for it in found:
        what = it.said or (f"version {it.version}" if it.version else "")
        click.echo(f"{it.id}  {it.status:<9}  {it.cause}: {what.splitlines()[0] if what else ''}")
    if not found:
        click.echo("nothing has run yet; `mlops pipeline run` starts")


@click.command("ui")
@click.option("--port", type=click.IntRange(1, 65535), default=5000, show_default=True)
def ui_command(port: int) -> None:
    """Open MLflow's pages on the runs and versions of this workspace, until Ctrl+C."""
    import os
    import subprocess
    import sys

    from .. import workspace

    place = workspace.current()
    if "://" in place.tracking_uri and not place.tracking_uri.startswith("sqlite:"):
        click.echo(f"the runs are on a server of their own: {place.tracking_uri}")
        return
    if not (place.folder / "mlflow.db").is_file():
        raise MlopsError(f"workspace {place.name} holds nothing to show", fix="`mlops pipeline run` fills it")
    click.echo(f"MLflow on http://127.0.0.1:{port}, workspace {place.name}; Ctrl+C ends it")
    words = ["mlflow", "server", "--backend-store-uri", place.tracking_uri, "--workers", "1"]
    words += ["--default-artifact-root", place.artifacts.as_uri(), "--host", "127.0.0.1", "--port", str(port)]
    alone = {
        **os.environ,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }  # it would start processes for jobs of its own
    subprocess.run([sys.executable, "-m", *words], env=alone, check=False)  # noqa: S603


COMMANDS: list[click.Command] = [
    pipeline_group,
    step_group,
    registry_group,
    reproduce_command,
    release_command,
    ui_command,
    *AUTOMATION,
]
