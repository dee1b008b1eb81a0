"""`mlops pipeline run`: a run from its beginning to its end, on this machine: recorded, tracked, told to listeners."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..clock import Clock, SystemClock
from ..data import lock
from ..workspace import NAME, TRACKING, Workspace
from . import code, environment, facts, mlflows, pipeline, registry, reuse
from .context import Context
from .ending import bury, recorded, version_of
from .registry import Registry
from .runner import Done, Echo, Runner

CHAMPION, NONE, REGISTER = "champion", "none", "register"


@dataclass(frozen=True)
class Outcome:
    """A run that went through; `version` is what it registered, `mlflow_seconds` the time that tracking took."""

    run_id: str
    status: str
    version: str
    seconds: float
    mlflow_seconds: float
    folder: Path
    steps: dict[str, Done]
    outputs: dict[str, Path]
    again: bool = False


@dataclass
class Options:
    """How to run: `isolated` gives each step a process, `fresh` skips none."""

    cause: str = "by hand"
    request: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    allow_uncommitted: bool = False
    isolated: bool = False
    fresh: bool = False


def run(
    place: Workspace,
    *,
    pipeline: str = "training",
    inputs: dict[str, str] | None = None,
    cause: str = "by hand",
    request: str = "",
    clock: Clock | None = None,
    echo: Echo = lambda _: None,
    allow_uncommitted: bool = False,
) -> Outcome:
    """Run a pipeline by its name; what schedules and requests call."""
    options = Options(cause, request, inputs or {}, allow_uncommitted)
    return start(place, pipeline, options, clock or SystemClock(), echo)


def start(place: Workspace, name: str, options: Options, clock: Clock, echo: Echo) -> Outcome:
    """Run the pipeline `name`. Raises what the step that failed raised; the run is recorded as failed then."""
    found = pipeline.load(pipeline.path_of(place.root, name))
    began, before = time.perf_counter(), mlflows.SPENT.seconds
    with lock.held(place.runs):
        bury(place, clock, echo)
        run_id = f"{clock.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        now = code.state(place.root)
        echo(f"run {run_id} of {found.name}: {options.cause}")
        if REGISTER in found.steps and not options.allow_uncommitted:
            warn(now, place.root, echo)
        facts.begin(place, run_id, found.name, options.cause, options.request, "", clock.now())
        with recorded(place, run_id, clock) as ending:
            ending.tracked = mlflows.start(place, found.name, run_id, tags_of(run_id, options, now, place.root))
            facts.tracked(place, run_id, ending.tracked.id)
            runner = runner_for(place, run_id, ending.tracked, options, now.digest, echo)
            with champion(place, options.inputs, found, clock) as inputs:
                outputs = runner.execute(found, inputs)
            made = version_of(outputs)
            ending.version = str(made.get("version", ""))
    done = Outcome(
        run_id,
        facts.COMPLETED,
        ending.version,
        time.perf_counter() - began,
        mlflows.SPENT.seconds - before,
        place.runs / run_id,
        runner.done,
        outputs,
        bool(made.get("again")),
    )
    echo(sentence(done))
    return done


def warn(now: code.Code, root: Path, echo: Echo) -> None:
    """Say before the work begins why its result will not be registered. It is not lost: the next run skips it."""
    reasons = [*now.changed[:3], *environment.check(root)[:3]]
    if reasons:
        echo(f"warning: {REGISTER} will refuse, unless you --allow-uncommitted: {'; '.join(reasons)}")


def tags_of(run_id: str, options: Options, now: code.Code, root: Path) -> dict[str, str]:
    """What MLflow knows a run by."""
    tags = {"run": run_id, "cause": options.cause, "commit": now.commit or NONE, "code_sha256": now.digest}
    return {**tags, "environment": environment.digest(root), "uncommitted": str(len(now.changed))}


def runner_for(
    place: Workspace, run_id: str, tracked: mlflows.Run, options: Options, digest: str, echo: Echo
) -> Runner:
    """The executor, which tells every step what run it is part of."""
    told = Context(run_id, tracked.id, options.cause, options.allow_uncommitted).variables()
    return Runner(
        run=run_id,
        folder=place.runs / run_id,
        reuse=reuse.Reuse(place.folder / "reuse"),
        code=digest,
        environment=environment.digest(place.root),
        variables={**told, NAME: place.name, TRACKING: place.tracking_uri},
        echo=echo,
        say=lambda said: mlflows.say(tracked, said),
        isolated=options.isolated,
        fresh=options.fresh,
    )


@contextmanager
def champion(
    place: Workspace, given: dict[str, str], found: pipeline.Pipeline, clock: Clock
) -> Iterator[dict[str, str]]:
    """The inputs, with the champion's hand-off folder where nobody named another (or `none`)."""
    if CHAMPION not in found.inputs or given.get(CHAMPION, NONE) != NONE:
        yield given
        return
    rest = {name: text for name, text in given.items() if name != CHAMPION}
    reference = None if CHAMPION in given else Registry(place, clock).champion()
    if reference is None:
        yield rest
        return
    with Registry(place, clock).files(reference, registry.FOLDER) as folder:
        yield {**rest, CHAMPION: str(folder)}


def sentence(done: Outcome) -> str:
    """How it ended, in a line."""
    skipped = sum(bool(it.skipped) for it in done.steps.values())
    what = f"version {done.version}" + (" (registered before: the same model)" if done.again else "")
    steps = f"{len(done.steps)} steps" + (f", {skipped} skipped" if skipped else "")
    took = f"in {done.seconds:.1f} s ({steps}; MLflow {done.mlflow_seconds:.1f} s)"
    return f"{what if done.version else 'no version'} {took}"
