"""A trace as JSON: nodes, edges, what is wrong; and its runs as OpenLineage events, for catalogues that read these."""

from __future__ import annotations

import uuid
from typing import Any

from .graph import Graph, Node
from .trace import Trace

SPEC = "https://openlineage.io/spec"
PRODUCER = "urn:mlops:trace"
EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = {
    "sourceCodeLocation": f"{SPEC}/facets/1-0-1/SourceCodeLocationJobFacet.json",
    "processing_engine": f"{SPEC}/facets/1-1-0/ProcessingEngineRunFacet.json",
    "version": f"{SPEC}/facets/1-0-0/DatasetVersionDatasetFacet.json",
}


def content(found: Trace) -> dict[str, Any]:
    """All of it; `verified` is null where nobody looked."""
    nodes = [row(found, node) for node in found.graph.nodes.values()]
    edges = [{"from": key, "to": other} for key, on in found.graph.below.items() for other in on]
    return {
        "thing": found.thing,
        "direction": found.direction,
        "start": list(found.start),
        "nodes": nodes,
        "edges": edges,
        "problems": found.problems,
        "openLineage": [event(found.graph, node) for node in found.graph.of("run")],
    }


def row(found: Trace, node: Node) -> dict[str, Any]:
    """A thing."""
    about = {"key": node.key, "kind": node.kind, "name": node.called, "sha256": node.sha256 or None}
    return {**about, "facts": node.facts, "verified": found.state(node), "wrong": found.seen.get(node.key, [])}


def event(graph: Graph, node: Node) -> dict[str, Any]:
    """A run as the event that it is complete: its code, what it read, which versions came of it."""
    on = [graph.nodes[key] for key in graph.below[node.key]]
    made = [graph.nodes[key] for key in graph.above[node.key]]
    files = [graph.nodes[key] for it in on if it.kind == "snapshot" for key in graph.below[it.key]]
    workspace = f"workspaces/{node.facts['workspace']}"
    return {
        "eventType": "COMPLETE",
        "eventTime": node.facts.get("ended") or node.facts.get("started") or "1970-01-01T00:00:00Z",
        "producer": PRODUCER,
        "schemaURL": EVENT,
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, node.name)), "facets": engine(on)},
        "job": {"namespace": workspace, "name": "training", "facets": code(on)},
        "inputs": [dataset("data/landed", it.called, it.sha256) for it in files],
        "outputs": [dataset(workspace, "model", it.sha256) for it in made if it.kind == "version"],
    }


def dataset(namespace: str, name: str, version: str) -> dict[str, Any]:
    """A dataset in the version that a digest names."""
    return {"namespace": namespace, "name": name, "facets": {"version": facet("version", {"datasetVersion": version})}}


def code(on: list[Node]) -> dict[str, Any]:
    """Where the code of a run is."""
    name = next((it.sha256 for it in on if it.kind == "commit" and it.sha256), None)
    values = {"type": "git", "url": f"urn:git:{name}", "version": str(name)}
    return {"sourceCodeLocation": facet("sourceCodeLocation", values)} if name else {}


def engine(on: list[Node]) -> dict[str, Any]:
    """What a run ran on."""
    python = next((it.facts["python"] for it in on if it.kind == "environment" and it.facts.get("python")), None)
    values = {"name": "python", "version": str(python)}
    return {"processing_engine": facet("processing_engine", values)} if python else {}


def facet(kind: str, values: dict[str, str]) -> dict[str, str]:
    return {"_producer": PRODUCER, "_schemaURL": FACETS[kind], **values}
