"""A registered version becomes a deployment: its files come into the workspace as they are, never made again."""

from __future__ import annotations

from pathlib import Path

from ...clock import Clock
from ...errors import ModelError
from ...model import project
from ...service import accept
from ...service.store import Store
from ...training import release
from ...training.registry import Registry
from ...workspace import Workspace
from . import state
from .state import Endpoint, State

FOLDER = "models"


def version(place: Workspace, name: str, wanted: str, clock: Clock, by: str = "", reason: str = "") -> State:
    """Deploy a registered version (number or alias) as `name`. Raises `ModelError` for one that may not be."""
    found = Registry(place, clock).get(wanted)
    folder = files(place, found.number, clock, by, reason)
    who = by or accept.user()
    step = state.deploy(name, found.number, found.sha256, folder)
    return Endpoint(place).change(
        step, at=clock.now(), by=who, reason=reason or f"deploy version {found.number} as {name}"
    )


def files(place: Workspace, wanted: str, clock: Clock, by: str = "", reason: str = "") -> Path:
    """The folder with the accepted hand-off of a version, checked as Level 1 checks what it is handed."""
    registry = Registry(place, clock)
    found = registry.get(wanted)
    if found.tags.get("gate") != "passed":
        raise ModelError(f"version {found.number} has not passed the gate", fix="deploy one that has")
    kept = Store(place.folder / FOLDER)
    record = kept.record(found.sha256)
    if record is not None and kept.holds(found.sha256, str(record["sums_sha256"])):
        return kept.folder(found.sha256)
    with registry.files(found) as folder:
        expected = release.expected_of(folder, project.load(place.root / "project.toml").schema_only)
        done = accept.run(folder, expected, kept, clock, by, reason or f"deployed as version {found.number}")
    return done.folder
