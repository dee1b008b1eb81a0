"""Commands of the endpoint: run it, see how it is, change who gets what, and tell it what came true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .chosen import WORKSPACE

if TYPE_CHECKING:
    from ...workspace import Workspace
    from .state import State, Step

BY = click.option("--by", default="", help="Who does it.  [default: the user of this machine]")
REASON = click.option("--reason", default="", help="Why; it is recorded.")
WAIT = click.option(
    "--wait",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="Seconds to wait until it is in force; 0: do not.",
)


@click.group("endpoint")
def endpoint_group() -> None:
    """The endpoint: a gateway before one scorer process for each deployment."""


@endpoint_group.command("up")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for all, and then MLOPS_API_KEY must be set."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), help="0 takes a free one.  [default: the one of last time, else 8080]"
)
@click.option("--no-auth", is_flag=True, help="Take requests without a key on any address.")
@click.option("--detach", is_flag=True, help="Come back once it is up, and let it run on.")
@click.option(
    "--replay", is_flag=True, help="Let callers say by X-Replay-At when a request is: for replays of the past only."
)
@WORKSPACE
def up_command(place: Workspace, host: str, port: int | None, *, no_auth: bool, detach: bool, replay: bool) -> None:
    """Run the endpoint in its last committed state: /score, /score/batch, /outcomes, /status, /docs."""
    from . import running

    if not detach:
        running.up(place, host, port, click.echo, auth=not no_auth, replay=replay)
        return
    words = ["--host", host, *(["--port", str(port)] if port is not None else [])]
    flags = [name for name, given in (("--no-auth", no_auth), ("--replay", replay)) if given]
    running.detach(place, [*words, *flags], click.echo)


@endpoint_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@WORKSPACE
def status_command(place: Workspace, *, as_json: bool) -> None:
    """What is committed, what is in force, how every process is, what was recorded."""
    from . import listing, status

    found = status.read(place)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
        return
    for line in listing.status(found):
        click.echo(line)


@endpoint_group.command("down")
@WORKSPACE
def down_command(place: Workspace) -> None:
    """End the endpoint, once it has answered what it has begun."""
    from . import running

    click.echo(running.down(place))


@endpoint_group.command("deploy")
@click.argument("name")
@click.argument("version")
@BY
@REASON
@WAIT
@WORKSPACE
def deploy_command(place: Workspace, name: str, version: str, by: str, reason: str, wait: float) -> None:
    """Put registered VERSION (a number or an alias) behind NAME, such as green. It gets the share that NAME has."""
    from ...clock import SystemClock
    from . import install, status

    done = install.version(place, name, version, SystemClock(), by, reason)
    click.echo(f"state {done.number}: {name} is version {done.deployments[name].version}")
    if wait and status.read(place).running:
        it = status.ready(place, name, wait)
        click.echo(f"{name} is ready: model {it.digest[:12]}, process {it.pid}")


@endpoint_group.command("route")
@click.argument("shares", nargs=-1, metavar="NAME=PERCENT...")
@click.option("--mirror", metavar="NAME=PERCENT", help="Copy so many of the live requests there, 50 % at most.")
@BY
@REASON
@WAIT
@WORKSPACE
def route_command(
    place: Workspace, shares: tuple[str, ...], mirror: str | None, by: str, reason: str, wait: float
) -> None:
    """Divide the live requests, such as `blue=95 green=5`; no shares at all take the endpoint out of use."""
    from . import state

    traffic, copies = dict(map(pair, shares)), dict([pair(mirror)] if mirror else [])
    commit(place, state.route(traffic, copies), by, reason, wait)


@endpoint_group.command("remove")
@click.argument("name")
@BY
@REASON
@WORKSPACE
def remove_command(place: Workspace, name: str, by: str, reason: str) -> None:
    """Take a deployment away that gets no live traffic."""
    from . import state

    commit(place, state.remove(name), by, reason, 0)


@endpoint_group.command("history")
@click.option("--last", type=click.IntRange(1), default=20, show_default=True)
@WORKSPACE
def history_command(place: Workspace, last: int) -> None:
    """Who changed what, when and why."""
    from . import listing
    from .state import Endpoint

    for line in listing.history(Endpoint(place).history()[-last:]):
        click.echo(line)


def commit(place: Workspace, step: Step, by: str, reason: str, wait: float) -> State:
    """Commit a step, and wait until the gateway acts on it."""
    from ...clock import SystemClock
    from ...service.accept import user
    from . import running, status
    from .state import Endpoint

    done = Endpoint(place).change(step, at=SystemClock().now(), by=by or user(), reason=reason)
    click.echo(running.said(done))
    if wait and status.read(place).running:
        status.settle(place, wait, done.number)
        click.echo("it is in force")
    return done


def pair(text: str) -> tuple[str, int]:
    """`NAME=PERCENT`."""
    name, equals, share = text.partition("=")
    if not name or not equals or not share.isdigit():
        raise click.BadParameter(f"{text!r} is not NAME=PERCENT, such as green=5")
    return name, int(share)


@click.command("outcomes")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@WORKSPACE
def outcomes_command(place: Workspace, file: Path | None) -> None:
    """Add what came true: a table with the columns event_id, value and time. Without FILE, say how many are known."""
    from ...clock import SystemClock
    from . import listing, outcomes

    if file is not None:
        count = outcomes.Outcomes(place, SystemClock()).add(list(outcomes.load(file)))
        click.echo(f"kept {count:,} outcomes of {file}")
    for line in listing.outcomes(place):
        click.echo(line)


COMMANDS: list[click.Command] = [endpoint_group, outcomes_command]
