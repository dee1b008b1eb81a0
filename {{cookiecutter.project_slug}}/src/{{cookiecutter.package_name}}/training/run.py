"""`mlops pipeline run`: a run from its beginning to its end, on this machine: recorded, tracked, told to who listens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..clock import Clock, SystemClock
from ..data import lock
from ..errors import MlopsError
from ..model import handoff
from ..workspace import TRACKING, Workspace
from . import code, environment, facts, mlflows, pipeline, registry, reuse
from .context import Context
from .registry import Registry
from .runner import Done, Echo, Runner

FOLDER = Path("azure", "pipelines")
CHAMPION, NONE = "champion", "none"


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


def path_of(root: Path, name: str) -> Path:
    """The file of a pipeline, by its name or its path."""
    return Path(name) if name.endswith((".yml", ".yaml")) else root / FOLDER / f"{name}.yml"


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
    found = pipeline.load(path_of(place.root, name))
    began = time.perf_counter()
    with lock.held(place.runs):
        for died in facts.abandoned(place, clock.now()):
            echo(f"run {died} was left by a process that died: it is recorded as failed")
        run_id = f"{clock.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        now = code.state(place.root)
        tags = {"run": run_id, "cause": options.cause, "commit": now.commit or NONE, "code_sha256": now.digest}
        tags |= {"environment": environment.digest(), "uncommitted": str(len(now.changed))}
        tracked = mlflows.start(place, found.name, run_id, tags)
        echo(f"run {run_id} of {found.name}: {options.cause}")
        facts.begin(place, run_id, found.name, options.cause, options.request, tracked.id, clock.now())
        with recorded(place, run_id, tracked, clock) as result:
            runner = runner_for(place, run_id, tracked, options, now.digest, echo)
            with champion(place, options.inputs, found, clock) as inputs:
                outputs = runner.execute(found, inputs)
            result |= version_of(outputs)
    done = Outcome(
        run_id,
        facts.COMPLETED,
        str(result.get("version", "")),
        time.perf_counter() - began,
        tracked.seconds,
        place.runs / run_id,
        runner.done,
        outputs,
        bool(result.get("again")),
    )
    echo(sentence(done))
    return done


def runner_for(place: Workspace, run_id: str, tracked: mlflows.Run, options: Options, digest: str, echo: Echo) -> Runner:
    """The executor, which tells every step what run it is part of."""
    told = Context(run_id, tracked.id, options.cause, options.allow_uncommitted).variables()
    return Runner(
        run=run_id,
        folder=place.runs / run_id,
        reuse=reuse.Reuse(place.folder / "reuse"),
        code=digest,
        environment=environment.digest(),
        variables={**told, TRACKING: place.tracking_uri},
        echo=echo,
        say=lambda said: mlflows.say(tracked, said),
        isolated=options.isolated,
        fresh=options.fresh,
    )


@contextmanager
def recorded(place: Workspace, run_id: str, tracked: mlflows.Run, clock: Clock) -> Iterator[dict[str, Any]]:
    """The run ends here, however it ends: in our record with its events, and in MLflow."""
    result: dict[str, Any] = {}
    said = "it was broken off"
    try:
        yield result
        said = ""
    except MlopsError as error:
        said = error.problem
        raise
    finally:
        mlflows.end(tracked, failed=bool(said))
        facts.finish(place, run_id, clock.now(), said=said, version=str(result.get("version", "")))


@contextmanager
def champion(
    place: Workspace, given: dict[str, str], found: pipeline.Pipeline, clock: Clock
) -> Iterator[dict[str, str]]:
    """The inputs, with the hand-off folder of the model to beat where nobody named another (or `none`)."""
    if CHAMPION not in found.inputs or given.get(CHAMPION, NONE) != NONE:
        yield given
        return
    rest = {name: text for name, text in given.items() if name != CHAMPION}
    reference = None if CHAMPION in given else Registry(place, clock).reference()
    if reference is None:
        yield rest
        return
    with Registry(place, clock).files(reference, registry.FOLDER) as folder:
        yield {**rest, CHAMPION: str(folder)}


def version_of(outputs: dict[str, Path]) -> dict[str, Any]:
    """What the step `register` has written, where the pipeline has it."""
    path = outputs.get("version")
    return handoff.read_json(path / "version.json") if path and (path / "version.json").is_file() else {}


def sentence(done: Outcome) -> str:
    """How it ended, in a line."""
    skipped = sum(bool(it.skipped) for it in done.steps.values())
    what = f"version {done.version}" + (" (registered before: the same model)" if done.again else "")
    steps = f"{len(done.steps)} steps, {skipped} skipped" if skipped else f"{len(done.steps)} steps"
    return f"{what if done.version else 'no version'} in {done.seconds:.1f} s ({steps}; MLflow {done.mlflow_seconds:.1f} s)"
