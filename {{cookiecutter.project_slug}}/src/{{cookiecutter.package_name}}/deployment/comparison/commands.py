"""Commands of the comparison: the plan, and a verdict at any time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..serving.chosen import WORKSPACE

if TYPE_CHECKING:
    from ...workspace import Workspace

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("compare")
def compare_group() -> None:
    """A challenger beside the champion: what release.toml asks of it, and what can be said by now."""


@compare_group.command("plan")
def plan_command() -> None:
    """Check release.toml, and print the stages that a challenger goes through."""
    from . import plan

    found = plan.read()
    for number, stage in enumerate(found.stages, 1):
        asked = "must surely be better" if stage.proves else "must not surely be worse"
        needs = f"{found.shadow.pairs:,} pairs" if stage.paired else f"{found.ramp.rows:,} rows in each arm"
        alone = stage.percent == 100
        click.echo(f"{number}. {stage.name}: {'guardrails only' if alone else f'{asked}; {needs} at least'}")
    click.echo("a person says yes before the ramp" if found.approval else "no person is asked")


@compare_group.command("judge")
@click.argument("champion")
@click.argument("challenger")
@click.option(
    "--stage", "number", type=click.IntRange(1), default=1, show_default=True, help="As `mlops compare plan` counts."
)
@click.option(
    "--since", type=datetime.fromisoformat, required=True, metavar="TIME", help="When the stage began, with its offset."
)
@click.option("--until", type=datetime.fromisoformat, metavar="TIME", help="Judge as of then.  [default: now]")
@click.option("--out", type=FILE, help="Write the verdict as JSON too.")
@click.option("--plot", type=FILE, help="Draw the gain over time, as a PNG.")
@WORKSPACE
def judge_command(
    place: Workspace,
    champion: str,
    challenger: str,
    number: int,
    since: datetime,
    until: datetime | None,
    out: Path | None,
    plot: Path | None,
) -> None:
    """Judge deployment CHALLENGER against CHAMPION by the records of a workspace; nothing is changed by it."""
    from ...clock import SystemClock
    from ...model import handoff, project
    from ..serving import joined
    from . import plan, plots, verdict

    rules, now, schema = plan.read(), until or SystemClock().now(), project.load().schema_only
    if number > len(rules.stages):
        raise click.BadParameter(f"there are {len(rules.stages)} stages", param_hint="--stage")
    for moment in filter(None, (since, until)):
        if moment.tzinfo is None:
            wrong = f"{moment.isoformat()} has no offset; write {moment.isoformat()}+00:00"
            raise click.BadParameter(wrong)
    rows = joined.read(place, None, now)
    found = verdict.judge(rows, champion, challenger, rules.stages[number - 1], rules, schema, since, now)
    for clause in found.clauses:
        click.echo(f"{clause.name} {clause.mark}: {clause.seen}")
    click.echo(found.sentence)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        handoff.write_json(out, found.as_json())
    if plot:
        click.echo(f"drawn as {plots.draw([plots.trace(rows, found, schema)], plot)}")


@compare_group.command("again")
@click.argument("file", type=FILE)
@WORKSPACE
def again_command(place: Workspace, file: Path) -> None:
    """Judge anew what the verdict in FILE judged, and fail where the rows or the decision are other ones."""
    from ...model import handoff, project
    from ..serving import joined
    from . import verdict

    record = handoff.read_json(file)
    rows = joined.read(place, None, datetime.fromisoformat(str(record.get("now"))))
    found = verdict.again(record, rows, project.load().schema_only)
    click.echo(f"the same again: {found.sentence}")


COMMANDS: list[click.Command] = [compare_group]
