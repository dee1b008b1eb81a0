"""The registries as a graph: versions in every workspace, the runs that made them, and what these ran on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlflow.exceptions import MlflowException

from ...clock import Clock
from ...model import handoff
from ...training import code, facts
from ...training.registry import Registry, Version
from ..promotion import package
from ..promotion.workspaces import Workspaces
from . import data
from .data import Landed
from .graph import Graph, Node

SPEC = "feature_retrieval.json"
ALONE = "none"  # what a record says where there was no commit


@dataclass
class Known:
    """All registered versions by `workspace:number`, with their registries; records of runs by run."""

    registries: dict[str, Registry] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    def with_digest(self, workspace: str, sha256: str) -> str | None:
        """The version of a workspace that has this model."""
        mine = (
            name for name, it in self.versions.items() if name.partition(":")[0] == workspace and it.sha256 == sha256
        )
        return next(mine, None)


def known(found: Workspaces, clock: Clock) -> Known:
    """What the registries of all workspaces hold; a workspace that was never made holds nothing."""
    out = Known()
    for name in found.names:
        place = found.place(name)
        if place.local and not place.database.is_file():
            continue
        out.registries[name] = Registry(place, clock)
        out.versions |= {f"{name}:{it.number}": it for it in out.registries[name].versions()}
    return out


def add(graph: Graph, found: Known, landed: Landed, root: Path) -> None:
    """Every version, in the order in which they came about."""
    for name, version in found.versions.items():
        before = version.tags.get("promoted_from", "")
        on = f"version {before}" if before in found.versions else run(graph, found, landed, root, name)
        told = {
            "model": version.sha256[:12],
            "metric": version.tags.get("metric", ""),
            "route": version.tags.get("route", ""),
        }
        if version.aliases:
            told["aliases"] = ", ".join(version.aliases)
        graph.add(Node("version", name, version.sha256, told), on)


def run(graph: Graph, found: Known, landed: Landed, root: Path, name: str) -> str:
    """The run that made a version, with commit, environment, features and snapshot."""
    version, registry = found.versions[name], found.registries[name.partition(":")[0]]
    tags = version.tags
    record = found.records[name] = fetched(registry, version, f"{package.RECORD}/record.json")
    told = {"cause": tags.get("cause", ""), "seed": tags.get("seed", ""), "workspace": name.partition(":")[0]}
    told |= history(registry, tags.get("run", ""))
    on = [
        commit(graph, root, tags, record),
        environment(graph, tags, record),
        *features(graph, fetched(registry, version, f"{package.HANDOFF}/{SPEC}")),
        snapshot(graph, landed, tags, record),
    ]
    return graph.add(Node("run", tags.get("run", "unknown"), "", told), *on)


def fetched(registry: Registry, version: Version, path: str) -> dict[str, Any]:
    """A JSON file of a version; empty where it cannot be had or read, which verification tells."""
    from mlflow.artifacts import download_artifacts

    base = version.source.rpartition("/")[0]
    with TemporaryDirectory() as scratch:
        try:
            got = download_artifacts(f"{base}/{path}", dst_path=scratch, tracking_uri=registry.place.tracking_uri)
            content = json.loads(Path(got).read_text(encoding="utf-8"))
        except (OSError, ValueError, MlflowException):
            return {}
    return content if isinstance(content, dict) else {}


def history(registry: Registry, run: str) -> dict[str, str]:
    """When a run was, as the workspace wrote it down."""
    row = next((it for it in facts.latest(registry.place, most=-1) if it.id == run), None)
    if row is None:
        return {}
    times = {"started": moment(row.started), "ended": moment(row.ended)}
    return {"status": row.status, **times, "mlflow": row.mlflow}


def moment(at: str) -> str:
    """A time to the second."""
    return datetime.fromisoformat(at).isoformat(timespec="seconds") if at else ""


def commit(graph: Graph, root: Path, tags: dict[str, str], record: dict[str, Any]) -> str:
    """The code, with what git says of it. What was never committed is a thing of its own."""
    name, changed = tags.get("commit", ALONE), list(record.get("uncommitted", []))
    if tags.get("uncommitted", "0") != "0":
        told = {
            "uncommitted": f"{tags['uncommitted']}: {', '.join(map(str, changed[:3]))}",
            "code": tags["code_sha256"][:12],
        }
        return graph.add(
            Node("commit", f"{name} and code {tags['code_sha256'][:12]}", "", told, f"{name[:12]}, and more")
        )
    said = (code.git(root, "show", "--no-patch", "--format=%cI %s", name) or "").strip()
    return graph.add(Node("commit", name, name, {"is": said} if said else {}, name[:12]))


def environment(graph: Graph, tags: dict[str, str], record: dict[str, Any]) -> str:
    """The locked libraries."""
    found = dict(record.get("environment", {}))
    told = {"python": str(found.get("python", "")), "lock": str(found.get("lock_sha256", ""))[:12]}
    told |= {name: str(it) for name, it in dict(found.get("packages", {})).items() if name in ("scikit-learn", "numpy")}
    name = tags.get("environment", "unknown")
    return graph.add(Node("environment", name, name, told, name[:12]))


def features(graph: Graph, spec: dict[str, Any]) -> list[str]:
    """The feature sets that the model takes, by their definitions' digests."""
    made = []
    for row in spec.get("feature_sets", []):
        told = {"features": ", ".join(row["features"]), "entity": row["entity"] or "", "definition": row["digest"][:12]}
        named = f"{row['name']}:{row['version']}"
        made.append(graph.add(Node("features", f"{named} {row['digest'][:12]}", row["digest"], told, named)))
    return made


def snapshot(graph: Graph, landed: Landed, tags: dict[str, str], record: dict[str, Any]) -> str:
    """The state of the data that the run learned from."""
    found = dict(record.get("snapshot", {}))
    files = {str(path): str(sha256) for path, sha256 in dict(found.get("files", {})).items()}
    rows = f"{found['rows']:,}" if "rows" in found else ""
    return data.snapshot(graph, landed, tags.get("snapshot", "unknown"), tags.get("batch", ""), rows, files)


def digest_of(folder: Path) -> str:
    """sha256 of the model in a folder, if there is one."""
    path = folder / handoff.MODEL
    return handoff.sha256(path) if path.is_file() else ""
