"""`mlops workspaces list`."""

from __future__ import annotations

from collections.abc import Iterator

from ...clock import Clock
from ...training.registry import Registry
from .workspaces import Workspaces


def lines(found: Workspaces, clock: Clock) -> Iterator[str]:
    """One line a workspace, and one a version."""
    for name in found.names:
        place, settings = found.place(name), found.settings(name)
        came = f" from {', '.join(settings.receives)}" if settings.receives else ""
        if place.local and not place.database.is_file():
            yield f"{name}{came}: {settings.description}; not there yet: `mlops workspaces create {name}`"
            continue
        yield f"{name}{came}: {settings.description}; {settings.platform}, MLflow at {place.shown}"
        for version in Registry(place, clock).versions():
            names = f"  [{', '.join(version.aliases)}]" if version.aliases else ""
            yield f"  {version.number:>4}  {version.sha256[:12]}  {version.tags.get('route', name)}{names}"
