"""Commands of automation: schedules, the requests that they and events make, the environment, what Azure needs."""

from __future__ import annotations

import sys

import click

UNCOMMITTED = click.option(
    "--allow-uncommitted", is_flag=True, help="Register code that is not committed; the version is marked."
)


@click.group("schedules")
def schedules_group() -> None:
    """When and upon what training recurs, as schedules.toml has it."""


@schedules_group.command("list")
def list_command() -> None:
    """Each schedule with its next time, and the events that start something."""
    from .. import workspace
    from ..clock import SystemClock
    from . import schedules, ticks

    place = workspace.current()
    found = schedules.load(place.root)
    due = ticks.next_due(place, found, SystemClock())
    for it in found.schedule:
        at = due.get(it.name)
        when = f"next {ticks.said(at)}" if at else "switched off"
        click.echo(f"{it.name}: {it.pipeline}, {it.sentence}; {when}")
    for on in found.on:
        click.echo(f"{on.event}: {on.pipeline}{'' if on.enabled else '; switched off'}")
    if not found.schedule and not found.on:
        click.echo("nothing recurs; write a [[schedule]] into schedules.toml")


@schedules_group.command("check")
def check_command() -> None:
    """Read schedules.toml; find calendars, pipelines and inputs that cannot be."""
    from .. import workspace
    from . import schedules, started

    found = schedules.load(workspace.current().root)
    started.check(workspace.current().root, found)
    click.echo(f"{len(found.schedule)} schedules and {len(found.on)} events, each of a pipeline that is there")


@schedules_group.command("tick")
def tick_command() -> None:
    """Ask for what is due, once; for whoever has a timer already. `mlops requests work` runs it."""
    from .. import workspace
    from ..clock import SystemClock
    from . import schedules, ticks

    place = workspace.current()
    found = ticks.run(place, schedules.load(place.root), SystemClock())
    for tick in found:
        click.echo(tick.sentence)
    if not found:
        click.echo("nothing is due")


@schedules_group.command("run")
@click.option("--every", type=click.FloatRange(0.1), default=10, show_default=True, help="Seconds between two looks.")
@UNCOMMITTED
def run_command(every: float, *, allow_uncommitted: bool) -> None:
    """Be the scheduler, until Ctrl+C: schedules, events, and the runs that they ask for."""
    from .. import workspace
    from ..clock import SystemClock
    from . import loop

    loop.serve(workspace.current(), SystemClock(), click.echo, every=every, allow_uncommitted=allow_uncommitted)


@schedules_group.command("export")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 where something differs.")
def export_command(*, check: bool) -> None:
    """Carry schedules.toml to the CI provider's workflow and to azure/schedules."""
    from .. import workspace
    from . import exports

    root = workspace.current().root
    for line in exports.check(root) if check else exports.write(root):
        click.echo(line)


@schedules_group.command("apply")
def apply_command() -> None:
    """Create or change the schedules in Azure Machine Learning, with the code that is committed here."""
    from .. import workspace
    from . import azure_schedules, schedules

    root = workspace.current().root
    azure_schedules.apply(root, schedules.load(root), click.echo)


@click.group("requests")
def requests_group() -> None:
    """The runs that schedules and events asked for."""


@requests_group.command("list")
@click.option("--last", type=click.IntRange(1), default=10, show_default=True)
def requests_list_command(last: int) -> None:
    """The latest requests, and what became of them."""
    from .. import workspace
    from . import requests

    with workspace.database(workspace.current().state, requests.TABLES) as connection:
        found = requests.latest(connection, last)
    for it in found:
        became = it.reason.partition("\n")[0] or (f"run {it.run}" if it.run else "")
        click.echo(f"{it.at[:19]}Z  {it.status:<7}  {it.pipeline}: {it.cause}{f': {became}' if became else ''}")
    if not found:
        click.echo("nothing was asked for yet; `mlops schedules run` asks when something is due")


@requests_group.command("work")
@UNCOMMITTED
def work_command(*, allow_uncommitted: bool) -> None:
    """Run all that waits, one after another. Exit code 1: a run failed."""
    from .. import workspace
    from ..clock import SystemClock
    from . import worker

    ended = worker.work(workspace.current(), SystemClock(), click.echo, allow_uncommitted=allow_uncommitted)
    if not ended:
        click.echo("nothing waits")
    if any(it.status == "failed" for it in ended):
        sys.exit(1)


@click.group("environment")
def environment_group() -> None:
    """The locked environment of training, and Azure's derived from it."""


@environment_group.command("check")
def environment_check_command() -> None:
    """Is what is installed what is locked, and Azure's environment derived from it? Exit code 1: no."""
    from .. import workspace
    from . import azure_environment, environment

    root = workspace.current().root
    found = [*environment.check(root), *azure_environment.check(root)]
    for line in found:
        click.echo(line)
    if found:
        click.echo("`make setup` installs what is locked, `mlops environment lock` locks anew", err=True)
        sys.exit(1)
    click.echo(f"what is installed is what is locked: {environment.digest(root)[:12]}")


@environment_group.command("lock")
@click.option("--upgrade", is_flag=True, help="Take the newest versions; else pins that fit stay.")
def environment_lock_command(*, upgrade: bool) -> None:
    """Resolve pyproject.toml into environments/training.lock, and derive Azure's environment."""
    from .. import workspace
    from . import azure_environment, environment

    root = workspace.current().root
    changes = environment.relock(root, upgrade=upgrade)
    for line in [*changes, *azure_environment.export(root)]:
        click.echo(line)
    click.echo(f"{len(changes)} lines of the lock changed; `make setup` installs it")


@environment_group.command("export")
def environment_export_command() -> None:
    """Derive azure/environments/training from the lock."""
    from .. import workspace
    from . import azure_environment

    for line in azure_environment.export(workspace.current().root) or ["nothing to change"]:
        click.echo(line)


@click.group("pipeline")
def pipeline_group() -> None:
    """What the pipeline needs elsewhere; the group's other commands are beside it."""


@pipeline_group.command("preflight")
@click.argument("name", default="training")
def preflight_command(name: str) -> None:
    """What the pipeline NAME needs on Azure: machines, virtual CPUs, quota. Exit code 1: a spec file is wrong."""
    from .. import workspace
    from . import azure_compute

    for line in azure_compute.preflight(workspace.current().root, name):
        click.echo(line)


COMMANDS: list[click.Command] = [schedules_group, requests_group, environment_group, pipeline_group]
