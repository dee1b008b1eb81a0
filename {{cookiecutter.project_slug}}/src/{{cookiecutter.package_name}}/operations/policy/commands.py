"""`mlops policy`, `mlops freeze` and `mlops thaw`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    pass

BY = click.option("--by", default="", help="Who.  [default: the user of this machine]")


@click.group("policy")
def policy_group() -> None:
    """When the loop may let a version take over by itself, and what it decided."""


@policy_group.command("check")
def check_command() -> None:
    """Check policy.toml, and what it says now: of freeze windows, and of the open release. Nothing is recorded."""
    from ...deployment.release import holds, journal
    from ...deployment.release.commands import world_of
    from . import decisions, evidence, rules, windows

    world = world_of()
    policy = rules.read(world.root / rules.FILE)
    now = world.clock.now()
    window, held = windows.standing(policy, now), holds.standing(world.prod, now)
    click.echo(f"{rules.FILE} is in order")
    click.echo(f"freeze window: {f'{window.reason}, until {window.until.isoformat()}' if window else 'none now'}")
    click.echo(held.sentence if held else "nobody holds releases")
    release = journal.current(world.prod)
    if release is None:
        click.echo("no release is open")
        return
    found = decisions.made(policy, evidence.of(world, release))
    click.echo(release.sentence)
    show(found)


def show(found: object) -> None:
    """A decision, clause by clause."""
    from .decisions import Decision

    assert isinstance(found, Decision)
    click.echo(f"{found.decision}: {found.why}")
    for it in found.asked:
        click.echo(f"  {it.name:<8}  {it.mark:<22}  {it.seen}")


@policy_group.command("decisions")
@click.argument("number", type=int, required=False)
@click.option("--last", type=click.IntRange(1), default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="With the policy, all evidence and every clause.")
def decisions_command(number: int | None, last: int, *, as_json: bool) -> None:
    """What was decided, newest first; decision NUMBER clause by clause."""
    from ...deployment.release.commands import world_of
    from . import decisions
    from .decisions import DecisionError

    found = decisions.history(world_of().prod)[::-1]
    if number is not None:
        found = [it for it in found if it.number == number]
        if not found:
            raise DecisionError(f"there is no decision {number}", fix="`mlops policy decisions` lists them")
    if as_json:
        click.echo(json.dumps([it.as_json() for it in found[:last]], indent=2, ensure_ascii=False))
        return
    for it in found[:last]:
        click.echo(it.sentence)
        if number is not None:
            show(it)
    if not found:
        click.echo("the policy was not asked yet")


@policy_group.command("again")
@click.argument("number", type=int, required=False)
def again_command(number: int | None) -> None:
    """Make decision NUMBER, else all, again from the records alone; exit code 1 where one comes to something else."""
    from ...deployment.release.commands import world_of
    from . import decisions

    found = decisions.again(world_of().prod, number)
    click.echo(f"{len(found)} decisions made again from their records: each is the same, and none was altered")


@click.command("freeze")
@BY
@click.option("--reason", required=True, help="Why; it is recorded.")
@click.option(
    "--for", "length", default="", metavar="TIME", help="For so long, such as 2h or 3d.  [default: until `thaw`]"
)
def freeze_command(by: str, reason: str, length: str) -> None:
    """Nothing goes forward from now on, by whomever it was begun; going back stays possible."""
    from ...data.commands import duration
    from ...deployment.release import holds
    from ...deployment.release.commands import world_of

    world = world_of(by)
    now = world.clock.now()
    click.echo(
        holds.hold(world.prod, world.by, reason, now, now + duration(length, "--for") if length else None).sentence
    )


@click.command("thaw")
@BY
@click.option("--reason", default="", help="Why; it is recorded.")
def thaw_command(by: str, reason: str) -> None:
    """Let releases go on."""
    from ...deployment.release import holds
    from ...deployment.release.commands import world_of

    world = world_of(by)
    click.echo(holds.resume(world.prod, world.by, reason, world.clock.now()).sentence)


COMMANDS: list[click.Command] = [policy_group, freeze_command, thaw_command]
