"""A run, or a release, that kills its own process with SIGKILL at a chosen place: what a power cut leaves."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.training import facts, mlflows, process, release, run
from {{cookiecutter.package_name}}.training.registry import Registry
from {{cookiecutter.package_name}}.workspace import Workspace

STEPS = ("ingest", "validate", "features", "split", "train", "evaluate", "gate", "register")
# place -> whose attribute it is at which the process dies
PLACES: dict[str, tuple[Any, str]] = {
    "begun": (mlflows, "start"),
    "begun in MLflow": (facts, "tracked"),
    "version made": (Registry, "announce"),
    "entry written": (Registry, "settle"),
    "ended in MLflow": (facts, "finish"),
    "served": (Registry, "promote"),
}
# one server imports everything once; each child of it is a process of its own that is there at once
CONTEXT = multiprocessing.get_context("forkserver") if hasattr(os, "fork") else multiprocessing.get_context()
CONTEXT.set_forkserver_preload([__name__, run.__name__, release.__name__, "great_expectations", "mlflow.sklearn"])


def die(*_: object, **__: object) -> None:
    """As a power cut does it: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(step: str, usual: Callable[..., None]) -> Callable[..., None]:
    """`process.run`, which dies when the step's command is done and nothing of it is recorded."""

    def go(command: str, *rest: Any) -> None:
        usual(command, *rest)
        if f" step {step} " in command:
            die()

    return go


def child(root: Path, where: str, version: str) -> None:
    """In a process of its own: run the pipeline, or release `version`, and die at `where`."""
    os.chdir(root)
    if where in STEPS:
        process.run = after(where, process.run)
    else:
        setattr(*PLACES[where], die)
    place, clock = Workspace(root), SystemClock()
    if version:
        release.run(place, version, clock, "tester")
    else:
        run.start(place, "training", run.Options(), clock, lambda _: None)


def at(root: Path, where: str, version: str = "") -> None:
    """Let it die there, and see that it did."""
    killed = CONTEXT.Process(target=child, args=(root, where, version))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL, f"it ended with {killed.exitcode} instead of being killed at {where!r}"
