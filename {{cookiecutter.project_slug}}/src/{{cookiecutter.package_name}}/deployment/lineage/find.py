"""What THING means: a name, a number, a path, the beginning of a digest, the id of a prediction."""

from __future__ import annotations

import re
from pathlib import Path

from ...data import disk
from ...errors import MlopsError
from .graph import Graph, Kind, Node

HEX = re.compile(r"[0-9a-f]{6,64}")


class UnknownThingError(MlopsError):
    """Nothing, or too much, is called so."""


def things(graph: Graph, thing: str, workspace: str, root: Path) -> list[str]:
    """The keys of what `thing` names; several only where they are one model in several workspaces. May be none."""
    for found in (
        named(graph, thing, workspace),
        deployed(graph, thing),
        of_path(graph, thing, root),
        digests(graph, thing),
    ):
        if found:
            return [node.key for node in found]
    return []


def named(graph: Graph, thing: str, workspace: str) -> list[Node]:
    """A version (`dev:3`, `prod:champion`, `3`), a run, a batch, a feature set."""
    place, _, number = thing.rpartition(":")
    versions = [it for it in graph.of("version") if it.name.partition(":")[0] == (place or workspace)]
    for it in versions:
        own = it.name.partition(":")[2]
        if number.removeprefix("v") == own or number in it.facts.get("aliases", "").split(", "):
            return [it]
    exact = [it for it in graph.of("run", "batch", "prediction") if thing in (it.name, it.called)]
    return exact or [it for it in graph.of("features") if thing in (it.called, it.called.partition(":")[0])]


def deployed(graph: Graph, thing: str) -> list[Node]:
    """A deployment (`prod/blue`, `blue`): the one of that name which came last."""
    mine = [it for it in graph.of("deployment") if thing in (it.called, it.called.partition("/")[2], it.name)]
    places = sorted({it.called for it in mine})
    if len(places) > 1:
        raise UnknownThingError(f"{thing!r} is deployed in several workspaces", fix=f"say one of {', '.join(places)}")
    return mine[-1:]


def of_path(graph: Graph, thing: str, root: Path) -> list[Node]:
    """A raw file: by the path by which it was landed or dropped, else by the content of a file that is here."""
    files = graph.of("file", "source")
    names = {thing, Path(thing).name if "/" not in thing else thing}
    mine = [it for it in files if it.facts["path"] in names or ("data/landed/" + it.facts["path"]) == thing]
    path = root / thing
    if not mine and path.is_file():
        sha256 = disk.sha256(path)
        mine = [it for it in files if it.sha256 == sha256] or [
            it for it in files if Path(it.facts["path"]).name == path.name
        ]
        if not mine:
            fix = "it was never landed, or has changed since; name it by the path in the drop folder"
            raise UnknownThingError(f"{thing} (sha256 {sha256[:12]}) is no file that a model could stand on", fix=fix)
    return mine


def digests(graph: Graph, thing: str) -> list[Node]:
    """The beginning of a digest or of a commit. Raises `UnknownThingError` where several begin so."""
    if not HEX.fullmatch(thing.lower()):
        return []
    kinds: tuple[Kind, ...] = ("version", "commit", "environment", "features", "snapshot", "file", "source")
    mine = [it for it in graph.of(*kinds) if it.sha256.startswith(thing.lower())]
    if len({it.sha256 for it in mine}) > 1:
        begin = ", ".join(f"{it.kind} {it.sha256[:16]}" for it in mine)
        raise UnknownThingError(f"several digests begin with {thing!r}: {begin}", fix="give more of it")
    return mine
