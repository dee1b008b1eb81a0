"""Is the lineage true? What is passed is looked at again: files, artifacts, commits, locks, ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ...data import disk
from ...errors import ModelError
from ...workspace import Workspace
from ..promotion import evidence, origins, package, refusals, report
from ..promotion.declared import Settings
from ..promotion.package import Package
from . import data
from .data import Landed
from .graph import Graph, Node
from .models import ALONE, Known, digest_of


@dataclass(frozen=True)
class World:
    """What verification stands on."""

    root: Path
    graph: Graph
    known: Known
    landed: Landed


def problems(world: World, part: Graph) -> dict[str, list[str]]:
    """Key -> what is wrong with it, for every node of `part` that was looked at; empty where all is well."""
    found: dict[str, list[str]] = {}
    for key, node in part.nodes.items():
        if node.kind in LOOKED_AT:
            found[key] = list(LOOKED_AT[node.kind](world, node))
    return found


def prediction(world: World, node: Node) -> Iterator[str]:
    if not world.graph.below[node.key]:
        yield f"no deployment {node.facts['deployment']} ever had the model {node.sha256[:12]}"


def deployment(world: World, node: Node) -> Iterator[str]:
    """A version has its digest; and what is served from its folder is that model."""
    if not world.graph.below[node.key]:
        yield f"no version of {node.called.partition('/')[0]} has the model {node.sha256[:12]}"
    folder = Path(node.facts["folder"])
    if node.facts["traffic"] != "gone" and digest_of(folder) != node.sha256:
        yield f"{folder} holds the model {digest_of(folder)[:12] or 'none'}"


def version(world: World, node: Node) -> Iterator[str]:
    """Its files are those that were registered, tested and promoted; the ledger knows it."""
    found, registry = world.known.versions[node.name], world.known.registries[node.name.partition(":")[0]]
    with TemporaryDirectory(prefix="trace-") as scratch:
        try:
            files = Package(found, package.fetch(registry, found.source.rpartition("/")[0], Path(scratch)))
        except ModelError as error:
            yield error.problem
            return
        case = refusals.Case(files, registry, "", Settings())
        for check in (refusals.answered(name, ask, case) for name, ask in ASKED):
            if not check.passed:
                yield check.detail.partition(" (fix: ")[0]
        yield from since_tested(registry.place, files)
    yield from came(world, node)


ASKED = (("registered", refusals.registered), ("intact", refusals.intact))


def since_tested(place: Workspace, files: Package) -> Iterator[str]:
    """A report binds every file, so that what was changed after it shows."""
    with evidence.opened(place) as connection:
        if evidence.last_test(connection, files.version.sha256) is None:
            return
    try:
        found, _, _ = report.latest(place, files.version.sha256)
    except ModelError as error:
        yield error.problem
        return
    if found.artifacts_sha256 != files.digest:
        yield f"altered after its tests: all files are {files.digest[:12]}, tested {found.artifacts_sha256[:12]}"


def came(world: World, node: Node) -> Iterator[str]:
    """The way that its tags tell is the one that the workspace wrote down."""
    found, registry = world.known.versions[node.name], world.known.registries[node.name.partition(":")[0]]
    with evidence.opened(registry.place) as connection:
        row = evidence.arrival(connection, found.sha256)
    tagged = found.tags.get("promoted_from", "")
    written = f"{row.source}:{row.source_version}" if row else ""
    if tagged != written:
        yield f"its tags say that it came from {tagged or 'nowhere'}, the workspace wrote down {written or 'nothing'}"
    elif tagged and tagged not in world.known.versions:
        yield f"it came from {tagged}, which is gone"


def run(world: World, node: Node) -> Iterator[str]:
    if "status" not in node.facts:
        yield f"workspace {node.facts['workspace']} has no record of this run"
    if "snapshot" not in [key.partition(" ")[0] for key in world.graph.below[node.key]]:
        yield "its record cannot be read"


def commit(world: World, node: Node) -> Iterator[str]:
    if not node.sha256 or node.sha256 == ALONE:
        yield "this code was never committed: nobody can get it back"
        return
    try:
        origins.commit(world.root, node.sha256)
    except ModelError as error:
        yield error.problem


def environment(world: World, node: Node) -> Iterator[str]:
    """Its lock is here or in the commit."""
    records = [it for it in world.known.records.values() if dict(it.get("environment", {})).get("digest") == node.name]
    if not records:
        yield "no record names its lock"
    for record in records[:1]:
        try:
            origins.lock(world.root, record)
        except ModelError as error:
            yield error.problem


def snapshot(world: World, node: Node) -> Iterator[str]:
    """The landed data was in that state, of these files."""
    files = [world.graph.nodes[key] for key in world.graph.below[node.key]]
    try:
        recorded = {it.facts["path"]: it.sha256 for it in files}
        origins.snapshot(world.landed.root, node.facts["batch"], node.sha256, recorded)
    except ModelError as error:
        yield error.problem


def file(world: World, node: Node) -> Iterator[str]:
    """It is what was landed; one that was replaced since may go, while a run's own snapshot still has it."""
    path = world.landed.root / node.facts["path"]
    if not path.is_file():
        spare = world.root.glob(f"workspaces/*/runs/*/*/snapshot/{node.facts['path']}")
        if not any(disk.sha256(it) == node.sha256 for it in spare):
            yield f"{path.relative_to(world.root)} is gone"
    elif disk.sha256(path) != node.sha256:
        yield f"{path.relative_to(world.root)} is not what was landed: it is {disk.sha256(path)[:12]}"


def batch(world: World, node: Node) -> Iterator[str]:
    """Its record leads to the state of the data that it names."""
    if node.name in world.landed.untrue:
        yield "its record in the history of the landed data was changed"


def source(world: World, node: Node) -> Iterator[str]:
    """Where it still lies in the drop folder it is what was read; once read, it may go."""
    folder = data.drop_folder(world.root)
    path = folder / node.facts["path"] if folder else None
    if path is None or not path.is_file() or disk.sha256(path) == node.sha256:
        return
    taken = {it.sha256 for it in world.landed.manifest.taken}
    if disk.sha256(path) not in taken:
        yield f"{path.relative_to(world.root)} was changed since it was read"


LOOKED_AT: dict[str, Callable[[World, Node], Iterator[str]]] = {
    "prediction": prediction,
    "deployment": deployment,
    "version": version,
    "run": run,
    "commit": commit,
    "environment": environment,
    "snapshot": snapshot,
    "file": file,
    "batch": batch,
    "source": source,
}
