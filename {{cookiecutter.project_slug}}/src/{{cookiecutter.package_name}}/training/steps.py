"""`mlops step NAME`: each step of the pipeline as a command of its own, with files in and files out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

Command = Callable[..., None]
FOLDER = click.Path(path_type=Path, file_okay=False)


# click keeps a command's help option from the first call on, and steps are called beside `mlops` too
@click.group("step", context_settings={"help_option_names": ["-h", "--help"]})
def step_group() -> None:
    """One step of the training pipeline, as azure/components declares it."""


def folders(*names: str) -> Callable[[Command], Command]:
    """Options that are folders, in order."""

    def add(function: Command) -> Command:
        for name in reversed(names):
            function = click.option(f"--{name}", name.replace("-", "_"), type=FOLDER, required=True)(function)
        return function

    return add


@step_group.command("ingest")
@folders("out")
def ingest_command(out: Path) -> None:
    """Gather what is new at the source, and freeze what is landed."""
    from .. import workspace
    from ..clock import SystemClock
    from ..model import project
    from . import snapshot, tracking

    place = workspace.current()
    made, said = snapshot.gather(project.load(), place.landed, out, SystemClock(), place.root)
    tracking.note(params={"snapshot": made.state, "batch": made.batch}, metrics={"snapshot_rows": made.rows})
    click.echo(said)
    click.echo(f"snapshot {made.state[:12]}: {made.rows:,} rows in {len(made.files):,} files")


@step_group.command("validate")
@folders("snapshot", "out")
def validate_command(snapshot: Path, out: Path) -> None:
    """Check the snapshot as a whole."""
    from ..model import project
    from . import validate

    found = validate.run(snapshot, project.load().schema_only, out)
    for finding in found:
        click.echo(f"{finding.name}: {finding.detail}")
    click.echo(f"{len(found)} checks of the whole passed")


@step_group.command("features")
@folders("snapshot", "report", "out")
def features_command(snapshot: Path, report: Path, out: Path) -> None:
    """Materialise the feature store, and join its values point in time."""
    from .. import workspace
    from ..clock import SystemClock
    from ..features import build
    from ..model import project
    from . import validate

    validate.passed(report)
    place = workspace.current()
    built = build.build(project.load().schema_only, snapshot, place.features, out, SystemClock(), click.echo)
    click.echo(str(built))


@step_group.command("split")
@folders("table", "train", "test")
def split_command(table: Path, train: Path, test: Path) -> None:
    """Earlier rows to learn from, later rows to judge on."""
    from . import parts

    earlier, later = parts.divide(table, train, test)
    click.echo(f"{earlier:,} rows to learn from, {later:,} to judge on")


@step_group.command("train")
@folders("train", "out")
def train_command(train: Path, out: Path) -> None:
    """Fit the estimator of project.toml."""
    from . import fit

    learned = fit.run(train, out)
    click.echo(f"learned from {learned['rows']:,} rows, {learned['from']} to {learned['to']}")


@step_group.command("evaluate")
@folders("model", "train", "test", "champion", "out", "handoff")
def evaluate_command(model: Path, train: Path, test: Path, champion: Path, out: Path, handoff: Path) -> None:
    """Judge the model, the naive baseline and the champion on the same rows."""
    from . import judge

    found = judge.run(model, train, test, champion, out, handoff)
    name = found["metric"]
    click.echo(f"{name} {found['model'][name]:.4g}, naive baseline {found['baseline'][name]:.4g}")


@step_group.command("gate")
@folders("evaluation")
@click.option("--policy", type=click.Path(path_type=Path), default="gate.toml", show_default=True)
@folders("out")
def gate_command(evaluation: Path, policy: Path, out: Path) -> None:
    """Every clause of gate.toml; a model that does not pass stops here."""
    from . import gate

    verdict = gate.run(evaluation, policy, out)
    for clause in verdict.clauses:
        click.echo(f"{clause.name} {clause.mark}: {clause.seen}")
    click.echo(f"passed: {', '.join(clause.name for clause in verdict.clauses if clause.passed)}")


@step_group.command("register")
@folders("snapshot", "table", "model", "handoff", "evaluation", "verdict", "out")
def register_command(
    snapshot: Path, table: Path, model: Path, handoff: Path, evaluation: Path, verdict: Path, out: Path
) -> None:
    """A version in the registry, which leads back to its data, code and environment."""
    from ..clock import SystemClock
    from . import context, register

    made = register.Made(snapshot, table, model, handoff, evaluation, verdict)
    version = register.run(made, context.of_environment(), Path().resolve(), SystemClock(), out)
    click.echo(f"version {version.number} of {version.name}, model {version.sha256[:12]}")


@step_group.command("turn", hidden=True)
@folders("train", "out")
def turn_command(train: Path, out: Path) -> None:
    """Turn the labels upside down, for the demo: what learns from them must not pass the gate."""
    from . import spoilt

    spoilt.turn(train, out)


@step_group.command("again", hidden=True)
@folders("snapshot", "out")
def again_command(snapshot: Path, out: Path) -> None:
    """From a snapshot to predictions, with the code in this folder: what `mlops reproduce` runs."""
    from . import reproduce

    reproduce.retrain(snapshot, out)
