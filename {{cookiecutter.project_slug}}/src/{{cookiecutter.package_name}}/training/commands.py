"""Commands of training: the pipeline and its steps, runs, the registry, reproduction, release."""

from __future__ import annotations

from pathlib import Path

import click

from .automation import COMMANDS as AUTOMATION
from .steps import step_group

NAME = click.argument("name", default="training")


@click.group("pipeline")
def pipeline_group() -> None:
    """The training pipeline, as azure/pipelines declares it."""


@pipeline_group.command("check")
@NAME
def check_command(name: str) -> None:
    """Find wrong bindings, cycles and unknown inputs, before anything runs."""
    from . import pipeline, run

    found = pipeline.load(run.path_of(Path(), name))
    for step in found.order:
        needs = ", ".join(sorted(found.steps[step].needs))
        click.echo(f"{step}{f' <- {needs}' if needs else ''}")
    click.echo(f"{found.path}: {len(found.order)} steps, every binding leads somewhere")


@pipeline_group.command("run")
@NAME
@click.option("--input", "given", multiple=True, metavar="NAME=VALUE", help="An input; champion=none compares with none.")
@click.option("--cause", default="by hand", show_default=True, help="Why; it is recorded.")
@click.option("--allow-uncommitted", is_flag=True, help="Register code that is not committed; the version is marked.")
@click.option("--isolated", is_flag=True, help="Each step in a process of its own, as on Azure.")
@click.option("--fresh", is_flag=True, help="Skip no step.")
@click.option("--platform", type=click.Choice(["local", "azure"]), envvar="MLOPS_PLATFORM", default="local", show_default=True)
def run_command(
    name: str, given: tuple[str, ...], cause: str, platform: str, *, allow_uncommitted: bool, isolated: bool, fresh: bool
) -> None:
    """Run the pipeline: from the source to a registered version, or to the clause that refused it."""
    from .. import workspace
    from ..clock import SystemClock
    from . import run

    inputs = dict(pair(it) for it in given)
    place = workspace.current()
    if platform == "azure":
        from . import azure

        azure.submit(run.path_of(place.root, name), inputs, echo=click.echo)
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
        mark = "" if it.tags.get("uncommitted") == "0" else "  uncommitted code"
        names = f"  [{', '.join(it.aliases)}]" if it.aliases else ""
        click.echo(f"{it.number:>4}  {it.sha256[:12]}  {it.tags.get('metric', ''):<28}  run {it.tags.get('run', '')}{names}{mark}")
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


@click.command("ui")
@click.option("--port", type=click.IntRange(1, 65535), default=5000, show_default=True)
def ui_command(port: int) -> None:
    """Open MLflow's pages on the runs and versions of this workspace, until Ctrl+C."""
    import subprocess
    import sys

    from .. import workspace

    place = workspace.current()
    click.echo(f"MLflow on http://127.0.0.1:{port}, workspace {place.name}")
    words = ["-m", "mlflow", "ui", "--backend-store-uri", place.tracking_uri, "--host", "127.0.0.1", "--port", str(port)]
    subprocess.run([sys.executable, *words], check=False)  # noqa: S603


COMMANDS: list[click.Command] = [
    pipeline_group,
    step_group,
    registry_group,
    reproduce_command,
    release_command,
    ui_command,
    *AUTOMATION,
]
