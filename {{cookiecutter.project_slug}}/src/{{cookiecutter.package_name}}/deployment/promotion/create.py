"""`mlops workspaces create`: folders and databases of every workspace. Again, it makes only what is missing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ... import workspace
from ...training import facts, mlflows, registry
from . import evidence
from .workspaces import Place, Workspaces

TABLES = facts.TABLES + registry.TABLES + evidence.TABLES
Echo = Callable[[str], None]


def run(found: Workspaces, names: tuple[str, ...], echo: Echo = lambda _: None) -> list[str]:
    """Make the workspaces `names` (all where none is named); gives those of which something was missing."""
    made = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        for name in names or found.names:
            place = found.place(name)
            missing = make(place, Place(Path(scratch), "prepared"))
            made += [name] if missing else []
            what = f"made {', '.join(missing)}" if missing else "is there"
            echo(f"{name}: {what}; MLflow at {place.shown}")
            if found.settings(name).platform == "azure":
                echo(f"  its part on Azure: `mlops infra apply --env {name}`")
    return made


def make(place: Place, prepared: Place) -> list[str]:
    """Whatever a workspace lacks; gives what that was. `prepared` has MLflow's empty database, made once for all."""
    folders = (place.folder, place.runs, place.artifacts, place.features)
    missing = [it.relative_to(place.root).as_posix() for it in folders if not it.is_dir()]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    if not place.state.is_file():
        missing.append(place.state.name)
    with workspace.database(place.state, TABLES):
        pass
    if place.local and not place.database.is_file():
        tracking_database(place, prepared)
        missing.append(place.database.name)
    return missing


def tracking_database(place: Place, prepared: Place) -> None:
    """MLflow's database, whole or not at all: a creation that was killed half way could not be mended by MLflow."""
    if not prepared.database.is_file():
        mlflows.client(prepared).search_experiments(max_results=1)
    part = place.database.with_name(f".{place.database.name}.part")
    shutil.copyfile(prepared.database, part)
    part.replace(place.database)
