"""The landed data as a graph: snapshots, their files, the batches that wrote them, the files that these read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...data import manifest
from ...data.manifest import File, Manifest
from ...errors import ProjectError
from ...model import handoff, project
from .graph import Graph, Node


@dataclass
class Landed:
    """The history of a landed folder: for each file that there ever was, the batches whose rows are in it.

    `untrue` are batches whose record does not lead to the state that it names.
    """

    root: Path
    manifest: Manifest
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    writers: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    untrue: set[str] = field(default_factory=set)


def read(root: Path) -> Landed:
    """Replay the history in `root`. A partition's new file holds the rows of the one that it replaces."""
    found = Landed(root, manifest.load(root))
    standing: dict[str, tuple[str, ...]] = {}
    files: dict[str, File] = {}
    for path in sorted((root / manifest.HISTORY).glob("*.json")):
        step = handoff.read_json(path)
        if not step["before"]:
            standing, files = {}, {}
        found.batches[path.stem] = step["batch"]
        for row in step["added"]:
            label = str(row["path"]).partition("/")[0]
            standing[label] = (*standing.get(label, ()), path.stem)
            found.writers[row["path"], row["sha256"]] = standing[label]
        files = {name: it for name, it in files.items() if name not in step["removed"]}
        files |= {row["path"]: File.model_validate(row) for row in step["added"]}
        if manifest.digest(tuple(files[name] for name in sorted(files))) != step["state"]:
            found.untrue.add(path.stem)
    return found


def snapshot(graph: Graph, landed: Landed, state: str, batch: str, rows: str, files: Mapping[str, str]) -> str:
    """A snapshot with its files; gives its key."""
    facts = {"batch": batch, "rows": rows, "files": str(len(files))}
    on = [file(graph, landed, path, sha256) for path, sha256 in sorted(files.items())]
    return graph.add(Node("snapshot", state, state, facts, state[:12]), *on)


def file(graph: Graph, landed: Landed, path: str, sha256: str) -> str:
    """A landed file with the batches whose rows are in it."""
    on = [batch(graph, landed, name) for name in landed.writers.get((path, sha256), ())]
    return graph.add(Node("file", f"{path} {sha256[:12]}", sha256, {"path": path}, path), *on)


def batch(graph: Graph, landed: Landed, name: str) -> str:
    """A batch with the dropped files that it may have read; a table leaves none behind."""
    row = landed.batches[name]
    facts = {"source": str(row["source"]), "read": str(row["read"]), "new": str(row["new"]), "at": str(row["finished"])}
    if row["start"] is not None:
        facts["watermarks"] = f"{row['start']} to {row['end']}"
    on = [source(graph, it.path, it.sha256, it.rows) for it in landed.manifest.taken if it.path == row["source"]]
    return graph.add(Node("batch", name, "", facts), *on)


def source(graph: Graph, path: str, sha256: str, rows: int) -> str:
    """A file that was dropped and read."""
    return graph.add(Node("source", f"{path} {sha256[:12]}", sha256, {"path": path, "rows": str(rows)}, path))


def all_of(graph: Graph, landed: Landed) -> None:
    """Every file, batch and dropped file that the history knows, whether a model stands on it or not."""
    for path, sha256 in landed.writers:
        file(graph, landed, path, sha256)
    for name in landed.batches:
        batch(graph, landed, name)
    for it in landed.manifest.taken:
        source(graph, it.path, it.sha256, it.rows)


def drop_folder(root: Path) -> Path | None:
    """Where files are dropped, if they are."""
    try:
        found = project.load(root / "project.toml").source.folder
    except ProjectError:
        return None
    return root / found if found else None
