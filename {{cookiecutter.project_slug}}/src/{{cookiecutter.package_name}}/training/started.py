"""Whether what `schedules.toml` starts can be started: its pipelines are there, and take the inputs that are given."""

from __future__ import annotations

from pathlib import Path

from ..model.messages import choices
from . import declared, pipeline
from .schedules import FILE, Part, ScheduleError, Schedules


def check(root: Path, found: Schedules) -> None:
    """Raises `ScheduleError` or `PipelineError` for the first that cannot."""
    for it in (*found.schedule, *found.on):
        able(root, it)


def able(root: Path, part: Part) -> None:
    """One of them."""
    path = pipeline.named(root, part.pipeline)
    if not path.is_file():
        there = tuple(sorted(it.stem for it in path.parent.glob("*.yml")))
        raise ScheduleError(f"{FILE}: there is no pipeline {part.pipeline!r}", fix=choices(part.pipeline, there))
    inputs = pipeline.load(path).inputs
    problems: list[str] = []
    for name, text in part.inputs.items():
        if name not in inputs:
            fix = choices(name, tuple(inputs))
            raise ScheduleError(f"{FILE}: the pipeline {part.pipeline} has no input {name!r}", fix=fix)
        if not inputs[name].is_file:
            declared.value(text, inputs[name], name, problems)
    if problems:
        raise ScheduleError(f"{FILE}: {'; '.join(problems)}", fix=f"correct the inputs of {part.pipeline}")
