"""What the steps of a release stand on: the workspaces, the clock, the endpoint, the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...clock import Clock
from ...model import project
from ...model.project import Schema
from ...service.accept import user
from ...training.registry import Registry
from ...workspace import Workspace
from ..comparison import plan
from ..comparison.plan import Plan
from ..promotion import workspaces
from ..promotion.workspaces import Workspaces
from ..serving.state import Endpoint

TRAINED, SHARED, SERVED = "dev", "registry", "prod"
SLOTS = ("blue", "green")


@dataclass(frozen=True)
class World:
    """The repo in `root`, as releases see it."""

    root: Path
    clock: Clock
    echo: Callable[[str], None]
    declared: Workspaces
    by: str

    @property
    def dev(self) -> Workspace:
        return self.declared.place(TRAINED)

    @property
    def shared(self) -> Workspace:
        return self.declared.place(SHARED)

    @property
    def prod(self) -> Workspace:
        return self.declared.place(SERVED)

    @property
    def schema(self) -> Schema:
        return project.load(self.root / "project.toml").schema_only

    @property
    def plan(self) -> Plan:
        return plan.read(self.root / plan.FILE)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.prod)

    def folder(self, release: str) -> Path:
        """Where a release leaves its files: test reports, verdicts, pictures."""
        return self.prod.folder / "releases" / release

    def registry(self, place: Workspace) -> Registry:
        return Registry(place, self.clock)


def of(root: Path, clock: Clock, echo: Callable[[str], None], by: str = "") -> World:
    """The world of the repo in `root`. Raises `ProjectError` where workspaces.toml cannot be read."""
    found = root.resolve()
    return World(found, clock, echo, workspaces.load(found), by or user())
