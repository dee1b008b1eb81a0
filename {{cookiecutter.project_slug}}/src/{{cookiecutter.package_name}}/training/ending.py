"""How a run ends, however it ends: recorded here and in MLflow, by itself or by the run that comes after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..clock import Clock
from ..errors import MlopsError
from ..model import handoff
from ..workspace import Workspace
from . import facts, mlflows
from .runner import Echo


@dataclass
class Ending:
    """What there is to record of a run when it ends, however it ends."""

    tracked: mlflows.Run | None = None
    version: str = ""


@contextmanager
def recorded(place: Workspace, run_id: str, clock: Clock) -> Iterator[Ending]:
    """A run ends: in MLflow, then in our record with its events. Killed between the two, it is `bury` that says it."""
    ending, said = Ending(), ""
    try:
        yield ending
    except BaseException as error:
        said = error.problem if isinstance(error, MlopsError) else f"it was broken off by {type(error).__name__}"
        raise
    finally:
        try:
            if ending.tracked:
                mlflows.end(ending.tracked, failed=bool(said))
        finally:
            facts.finish(place, run_id, clock.now(), said=said, version=ending.version)


def bury(place: Workspace, clock: Clock, echo: Echo) -> None:
    """End the runs whose process died: in MLflow and in our record, with the version that they had come to register."""
    for it in facts.left(place):
        mlflows.abandon(place, it.pipeline, it.id)
        made = version_of({"version": place.runs / it.id / "register" / "version"})
        facts.finish(place, it.id, clock.now(), said="its process died", version=str(made.get("version", "")))
        echo(f"run {it.id} was left by a process that died: it is recorded as failed")


def version_of(outputs: dict[str, Path]) -> dict[str, Any]:
    """What the step `register` has written, where the pipeline has it."""
    path = outputs.get("version")
    return handoff.read_json(path / "version.json") if path and (path / "version.json").is_file() else {}
