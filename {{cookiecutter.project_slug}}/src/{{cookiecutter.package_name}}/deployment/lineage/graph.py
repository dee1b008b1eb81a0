"""A graph of facts: what stands on what. An edge leads from a thing to what it was made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

# from what comes out to what goes in
Kind = Literal[
    "prediction",
    "deployment",
    "version",
    "run",
    "commit",
    "environment",
    "features",
    "snapshot",
    "file",
    "batch",
    "source",
]


@dataclass(frozen=True)
class Node:
    """A thing. `sha256` is its digest, `facts` what is told of it, `title` how people call it, if not by its name."""

    kind: Kind
    name: str
    sha256: str = ""
    facts: dict[str, str] = field(default_factory=dict, compare=False)
    title: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def called(self) -> str:
        return self.title or self.name


@dataclass
class Graph:
    """Nodes by key, and for each the keys of what it stands on, in the order in which they were added."""

    nodes: dict[str, Node] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)

    def add(self, node: Node, *on: str) -> str:
        """A node that stands on others; again, it only gets the new edges. Gives its key."""
        self.nodes.setdefault(node.key, node)
        edges = self.below.setdefault(node.key, [])
        edges += [key for key in on if key not in edges]
        return node.key

    @property
    def above(self) -> dict[str, list[str]]:
        """The same edges, the other way."""
        found: dict[str, list[str]] = {key: [] for key in self.nodes}
        for key, edges in self.below.items():
            for other in edges:
                if other in found:
                    found[other].append(key)
        return found

    def of(self, *kinds: Kind) -> list[Node]:
        return [node for node in self.nodes.values() if node.kind in kinds]

    def origins(self, start: Iterable[str]) -> Graph:
        """Everything that the nodes `start` stand on."""
        return self.reached(start, lambda key: self.below.get(key, []))

    def users(self, start: Iterable[str]) -> Graph:
        """Everything that stands on the nodes `start`."""
        above = self.above
        return self.reached(start, lambda key: above.get(key, []))

    def reached(self, start: Iterable[str], ahead: Callable[[str], list[str]]) -> Graph:
        """The part of the graph that can be reached from `start`, with its edges as they are."""
        seen: dict[str, None] = {}
        waiting = [key for key in start if key in self.nodes]
        while waiting:
            key = waiting.pop(0)
            if key not in seen:
                seen[key] = None
                waiting += [other for other in ahead(key) if other in self.nodes]
        kept = Graph()
        for key in self.nodes:
            if key in seen:
                kept.add(self.nodes[key], *(other for other in self.below.get(key, []) if other in seen))
        return kept
