"""Commands of the event bus: the broker, sending, taking, what became of each event."""

from __future__ import annotations

import click

from . import pushed


@click.group("events")
def events_group() -> None:
    """Life-cycle events: what is told, sent and done. Without a broker each command starts one for its own time."""


@events_group.command("broker")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option(
    "--subscription",
    "wanted",
    multiple=True,
    metavar="NAME[=TYPE,TYPE]",
    help="Make or change a subscription; without types it gets all of them.",
)
@click.option("--lock", "seconds", type=click.FloatRange(0.1), default=60, show_default=True, help="Seconds of a lock.")
@click.option("--deliveries", type=click.IntRange(1), default=10, show_default=True, help="Then an event is dead.")
@click.option("--repeats", is_flag=True, help="Keep an event that is sent again, as Event Grid does.")
def broker_command(port: int, wanted: tuple[str, ...], seconds: float, deliveries: int, *, repeats: bool) -> None:
    """Run the local event broker, until Ctrl+C."""
    from .. import workspace
    from . import bus, server
    from .broker import Rules
    from .topics import Subscription

    place = workspace.current()
    topic = bus.names(place)[0]
    named = [one.partition("=") for one in wanted]
    more = [
        Subscription(topic, name, tuple(filter(None, types.split(","))), seconds, deliveries)
        for name, _, types in named
    ]
    server.serve(place, Rules(known=not repeats), port, more, click.echo)


@events_group.command("watch")
def watch_command() -> None:
    """Put an event into the outbox where the landed data is in a new state."""
    from .. import workspace
    from ..clock import SystemClock
    from . import watch

    new = watch.run(workspace.current(), SystemClock())
    click.echo("new data: an event waits to be sent" if new else "no new data")


@events_group.command("send")
def send_command() -> None:
    """Send what waits in the outbox."""
    from .. import workspace
    from ..clock import SystemClock
    from . import bus, outbox, server

    place, clock = workspace.current(), SystemClock()
    with server.reached(place, clock) as address, bus.publisher(address) as publisher:
        taken = outbox.relay(place.state, publisher, clock=clock)
    with workspace.database(place.state, outbox.TABLES) as connection:
        refused = outbox.entries(connection, "refused IS NOT NULL", 5)
    click.echo(f"{taken} sent")
    for entry in refused:
        click.echo(f"refused for good: {entry.event.type} {entry.event.subject}: {entry.refused}", err=True)


@events_group.command("consume")
@click.option("--follow", is_flag=True, help="Go on until Ctrl+C.")
def consume_command(*, follow: bool) -> None:
    """Take what the broker has and do what the handlers of the layers make of it, each event once."""
    from .. import workspace
    from ..clock import SystemClock
    from . import bus, consume, server

    place, clock = workspace.current(), SystemClock()
    with server.reached(place, clock) as address, bus.consumer(address) as consumer:
        done = consume.run(place, clock, consumer, echo=click.echo)
        while follow:
            done = consume.run(place, clock, consumer, echo=click.echo)
    click.echo(done.sentence)


@events_group.command("list")
@click.option("--last", type=click.IntRange(1), default=20, show_default=True)
def list_command(last: int) -> None:
    """The latest events of this workspace, and what became of each."""
    from .. import workspace
    from . import listing

    lines = listing.lines(workspace.current(), last)
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo("no event was told yet; `mlops pipeline run` and new data tell some")


@events_group.command("schema")
@click.argument("kind", metavar="[TYPE]", required=False)
def schema_command(kind: str | None) -> None:
    """The JSON schema of a TYPE's data; without one, the types."""
    import json

    from . import schemas

    if kind is None:
        for name, data in schemas.TYPES.items():
            click.echo(f"{name}: {(data.__doc__ or '').partition('.')[0].lower()}")
    else:
        click.echo(json.dumps(schemas.json_schema(kind), indent=2))


@events_group.group("dead", invoke_without_command=True)
@click.pass_context
def dead_group(context: click.Context) -> None:
    """The local broker's dead letters: what it delivers no more, and why."""
    from .. import workspace
    from . import listing

    if context.invoked_subcommand is None:
        lines = listing.dead(workspace.current())
        for line in lines or ["no dead letters"]:
            click.echo(line)


@dead_group.command("redeliver")
@click.argument("ids", nargs=-1, metavar="[ID]...")
def redeliver_command(ids: tuple[str, ...]) -> None:
    """Deliver these (the beginnings of their ids do) once more, or all; after what stood in the way is mended."""
    from .. import workspace
    from ..clock import SystemClock
    from . import listing

    for line in listing.redeliver(workspace.current(), SystemClock(), ids):
        click.echo(line)


@dead_group.command("drop")
@click.argument("ids", nargs=-1, metavar="ID...", required=True)
def drop_command(ids: tuple[str, ...]) -> None:
    """Give these up for good."""
    from .. import workspace
    from . import listing

    for line in listing.drop(workspace.current(), ids):
        click.echo(line)


for pushed_command in pushed.COMMANDS:
    events_group.add_command(pushed_command)
COMMANDS: list[click.Command] = [events_group]
