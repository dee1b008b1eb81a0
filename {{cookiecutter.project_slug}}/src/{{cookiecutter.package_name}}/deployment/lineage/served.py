"""What is and was served, as a graph: deployments of every endpoint, and single predictions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ..promotion.workspaces import Place, Workspaces
from ..serving.state import FILE, Change, Deployment, Endpoint
from .graph import Graph, Node
from .models import Known, moment

SHADOW = "-shadow"  # how the id of a copy ends


def places(found: Workspaces) -> Iterator[Place]:
    """The workspaces that have an endpoint."""
    for name in found.names:
        place = found.place(name)
        if (place.folder / FILE).is_file():
            yield place


def add(graph: Graph, found: Workspaces, known: Known) -> None:
    """Every deployment that there ever was: a name that got another model is another one."""
    for place in places(found):
        changes = Endpoint(place).history()
        for change in changes:
            for name, it in change.after.deployments.items():
                had = change.before.deployments.get(name)
                if had is None or had.digest != it.digest:
                    deployment(graph, known, place.name, change, it, changes[-1])


def deployment(graph: Graph, known: Known, workspace: str, change: Change, it: Deployment, last: Change) -> str:
    """A deployment on the version that has its digest, whatever number it was told."""
    now = last.after
    standing = now.deployments.get(it.name)
    there = standing is not None and standing.digest == it.digest
    traffic = f"{now.traffic.get(it.name, 0)} %" if there else "gone"
    told = {"version": it.version, "traffic": traffic, "model": it.digest[:12], "since": moment(change.at)}
    told |= {"by": change.by, "folder": it.folder}
    if there and now.mirror.get(it.name):
        told["mirror"] = f"{now.mirror[it.name]} %"
    version = known.with_digest(workspace, it.digest)
    node = Node("deployment", f"{workspace}/{it.name}#{change.number}", it.digest, told, f"{workspace}/{it.name}")
    return graph.add(node, *([f"version {version}"] if version else []))


def prediction(graph: Graph, found: Workspaces, event: str) -> list[str]:
    """The keys of the answers to a prediction's id, or to that of its request: the live one, and copies of it."""
    from ..serving import joined

    made = []
    for place in places(found):
        rows = joined.read(place, None, None, forced=True)
        mine = (rows["event_id"].str.removesuffix(SHADOW) == event) | (rows["request"] == event)
        for row in rows[mine].to_dict("records"):
            made.append(graph.add(answer(place.name, row), *served_by(graph, place.name, row)))
    return made


def answer(workspace: str, row: dict[Any, Any]) -> Node:
    """One recorded answer."""
    at = row["at"].astimezone(UTC).isoformat(timespec="milliseconds")
    told = {"at": at, "deployment": str(row["deployment"]), "prediction": str(row["prediction"])}
    told |= {"model": str(row["digest"])[:12], "status": str(row["status"]), "latency_ms": f"{row['latency_ms']:.3g}"}
    if row["outcome"] is not None and row["outcome"] == row["outcome"]:
        told["outcome"] = str(row["outcome"])
    event = str(row["event_id"])
    return Node("prediction", f"{workspace}/{event}", str(row["digest"]), told, event)


def served_by(graph: Graph, workspace: str, row: dict[Any, Any]) -> list[str]:
    """The deployment that answered: of that name and digest, the last that had begun by then."""
    named = f"{workspace}/{row['deployment']}#"
    mine = [it for it in graph.of("deployment") if it.name.startswith(named) and it.sha256 == row["digest"]]
    begun = [it for it in mine if datetime.fromisoformat(it.facts["since"]) <= row["at"]] or mine
    return [begun[-1].key] if begun else []
