"""The steps of a release in their order, and which of them come before any caller meets the candidate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ..comparison.plan import Plan, Stage
from .journal import Release

BEFORE = ("test", "share", "promote", "deploy", "check")
APPROVE, LAST, ROUTE = "approve", "finish", "to "
Outcome = Literal["next", "wait", "back"]


@dataclass(frozen=True)
class Moved:
    """What a step came to; `ends` is the release's status where it goes back, `changed` what it found out."""

    outcome: Outcome
    said: str
    figures: dict[str, Any] = field(default_factory=dict)
    ends: str = ""
    changed: dict[str, str] = field(default_factory=dict)


def names(plan: Plan) -> tuple[str, ...]:
    """All steps under `plan`. A stage is looked at from the moment on when its shares are in force.

    Where a person is asked, it is after the shadow has spoken, and before the first caller gets the candidate's answer.
    """
    shadow = [name for stage in plan.stages if stage.paired for name in both(stage)]
    ramp = [name for stage in plan.stages if not stage.paired for name in both(stage)]
    return (*BEFORE, *shadow, APPROVE, *ramp, LAST)


def both(stage: Stage) -> tuple[str, str]:
    """The step that gives a stage its shares, and the step that looks at it."""
    return ROUTE + stage.name, stage.name


def first(plan: Plan) -> str:
    return names(plan)[0]


def following(release: Release) -> str:
    """The step after the release's."""
    found = names(release.rules)
    return found[found.index(release.step) + 1]


def stage_of(release: Release) -> Stage | None:
    """The stage that the release's step belongs to, if it does to one."""
    found = {name: stage for stage in release.rules.stages for name in both(stage)}
    return found.get(release.step)
