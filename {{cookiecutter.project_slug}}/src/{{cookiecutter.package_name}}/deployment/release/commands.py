"""Commands of releases: `mlops rollout ...` and `mlops rollback`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import holding
from .holding import BY, REASON, world_of

if TYPE_CHECKING:
    from .journal import Release

__all__ = ["COMMANDS", "world_of"]


def ended(release: Release) -> None:
    """Say how it stands; a release that was refused or rolled back is exit code 1, so that CI sees it."""
    from .journal import BACK, REFUSED

    click.echo(release.sentence)
    if release.status in (BACK, REFUSED):
        raise SystemExit(1)


@click.group("rollout")
def rollout_group() -> None:
    """Releases of registered versions to the endpoint."""


@rollout_group.command("start")
@click.argument("version")
@click.option("--cause", default="by hand", show_default=True, help="What asks for it; it is recorded.")
@BY
@click.option("--follow", is_flag=True, help="Stay until the release has ended.")
@click.option("--every", type=click.FloatRange(0.1), default=10.0, show_default=True, help="Seconds between two looks.")
def start_command(version: str, cause: str, by: str, every: float, *, follow: bool) -> None:
    """Release VERSION (a number or an alias of dev): test, promote, deploy, check, shadow, ramp, done or back.

    Comes back where it has to wait for traffic; `mlops rollout run` goes on with it. Exit code 1: refused or rolled
    back.
    """
    from . import machine

    world = world_of(by)
    release = machine.start(world, version, cause)
    click.echo(f"release {release.id} of version {release.version}, model {release.sha256[:12]}")
    ended(machine.follow(world, release, pause(every)) if follow else machine.advance(world, release))


@rollout_group.command("run")
@click.option("--once", is_flag=True, help="One round, and not until Ctrl+C.")
@click.option(
    "--every", type=click.FloatRange(0.1), default=10.0, show_default=True, help="Seconds between two rounds."
)
@BY
def run_command(by: str, every: float, *, once: bool) -> None:
    """Go on with the open release, and take those that events ask for.

    With --once, exit code 1 says that the release was refused or rolled back.
    """
    from ...errors import MlopsError
    from . import machine

    world, wait, said = world_of(by), pause(every), ""
    if once:
        found = machine.turn(world)
        if found is None:
            click.echo("nothing to release")
        else:
            ended(found)
        return
    while True:
        try:
            machine.turn(world)
            said = ""
        except MlopsError as error:  # such as an endpoint that is down: it may come up
            if said != (said := str(error)):
                click.echo(f"error: {said}", err=True)
        wait()


def pause(seconds: float) -> Callable[[], None]:
    """Wait between two looks."""
    import time

    return lambda: time.sleep(seconds)


@rollout_group.command("status")
def status_command() -> None:
    """The open release with the steps that it has done; else the last one."""
    from . import holds, journal

    world = world_of()
    held = holds.standing(world.prod, world.clock.now())
    if held:
        click.echo(held.sentence)
    found = journal.current(world.prod) or next(iter(journal.latest(world.prod, 1)), None)
    if found is None:
        click.echo("nothing was released yet; `mlops rollout start VERSION` does it")
        return
    click.echo(found.sentence)
    for it in journal.history(world.prod, found.id):
        click.echo(f"  {it.at[:19]}  {it.step}: {it.outcome}, {it.said.splitlines()[0] if it.said else ''}")


@rollout_group.command("list")
@click.option("--last", type=click.IntRange(1), default=10, show_default=True)
def list_command(last: int) -> None:
    """The latest releases, and what became of them."""
    from . import journal

    found = journal.latest(world_of().prod, last)
    for it in found:
        click.echo(f"{it.opened[:19]}  {it.sentence}")
    if not found:
        click.echo("nothing was released yet; `mlops rollout start VERSION` does it")


@rollout_group.command("draw")
@click.argument("release", required=False)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The PNG.  [default: beside its verdicts]")
def draw_command(release: str | None, out: Path | None) -> None:
    """Draw RELEASE (else the last one): the gain with its interval, stage by stage, and the decisions."""
    from . import drawing, journal

    world = world_of()
    found = journal.latest(world.prod, 1) if release is None else [journal.get(world.prod, release)]
    if not found:
        click.echo("nothing was released yet; `mlops rollout start VERSION` does it")
        return
    click.echo(f"drawn as {drawing.draw(world, found[0], out)}")


@rollout_group.command("approve")
@BY
def approve_command(by: str) -> None:
    """Say yes to the open release, once its shadow has spoken and where release.toml asks for it."""
    from . import person

    click.echo(person.approve(world_of(by)).sentence)


@rollout_group.command("abort")
@BY
@REASON
def abort_command(by: str, reason: str) -> None:
    """End the open release: everybody back to the version that served before."""
    from . import person

    click.echo(person.abort(world_of(by), reason).sentence)


@click.command("rollback")
@BY
@REASON
def rollback_command(by: str, reason: str) -> None:
    """Go back now: end an open release, else give all traffic to the version before."""
    from . import rollback

    click.echo(rollback.run(world_of(by), reason).sentence)


for held in holding.COMMANDS:
    rollout_group.add_command(held)
COMMANDS: list[click.Command] = [rollout_group, rollback_command]
