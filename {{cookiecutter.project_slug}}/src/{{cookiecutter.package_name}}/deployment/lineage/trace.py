"""`mlops trace`: the graph of all workspaces, the part of it that concerns one thing, and whether that is true."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from ...clock import Clock
from ...errors import MlopsError
from ..promotion import workspaces
from . import data, find, models, served, verify
from .find import UnknownThingError
from .graph import Graph, Node

Direction = Literal["origins", "users"]
RAW = (
    "commit",
    "environment",
    "features",
    "snapshot",
    "file",
    "batch",
    "source",
)  # of these one asks what stands on them


class BrokenLineageError(MlopsError):
    """Something on the way is gone or is not what was recorded."""


@dataclass(frozen=True)
class Trace:
    """What was asked, where that is in the graph, and what is wrong by key; `seen` has what was looked at."""

    thing: str
    direction: Direction
    start: tuple[str, ...]
    graph: Graph
    seen: dict[str, list[str]] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        nodes = self.graph.nodes
        return [f"{nodes[key].kind} {nodes[key].called}: {said}" for key, found in self.seen.items() for said in found]

    @cached_property
    def edges(self) -> dict[str, list[str]]:
        """From each thing to the next ones, in the direction that was asked."""
        return self.graph.below if self.direction == "origins" else self.graph.above

    def ahead(self, key: str) -> list[str]:
        return self.edges.get(key, [])

    def state(self, node: Node) -> bool | None:
        """True where it is as recorded, False where not, None where nobody looked."""
        return None if node.key not in self.seen else not self.seen[node.key]


def run(
    root: Path, thing: str, clock: Clock, *, workspace: str, direction: Direction | None = None, looking: bool = True
) -> Trace:
    """Trace `thing`. Raises `UnknownThingError`; what is wrong on the way is told in the trace."""
    found = workspaces.load(root)
    known, landed = models.known(found, clock), data.read(found.root / "data" / "landed")
    graph = Graph()
    models.add(graph, known, landed, found.root)
    data.all_of(graph, landed)
    served.add(graph, found, known)
    start = find.things(graph, thing, workspace, found.root) or served.prediction(graph, found, thing)
    if not start:
        fix = "name a version (dev:1), a deployment (prod/blue), a run, a prediction's id, a raw file, or a digest"
        raise UnknownThingError(f"nothing here is called {thing!r}", fix=fix)
    way: Direction = direction or ("users" if graph.nodes[start[0]].kind in RAW else "origins")
    reach = graph.origins if way == "origins" else graph.users
    first = [key for key in start if not any(key in reach([other]).nodes for other in start if other != key)]
    part = reach(start)
    world = verify.World(found.root, graph, known, landed)
    return Trace(thing, way, tuple(first), part, verify.problems(world, part) if looking else {})


def require(found: Trace) -> None:
    """Raises `BrokenLineageError` naming everything that is wrong."""
    if found.problems:
        lines = "".join(f"\n  {said}" for said in found.problems)
        fix = "restore what is named; until then this cannot be proven (`--no-verify` only shows it)"
        raise BrokenLineageError(f"the lineage of {found.thing} does not hold:{lines}", fix=fix)
