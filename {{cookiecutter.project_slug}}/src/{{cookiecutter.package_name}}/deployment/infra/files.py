"""The files of `azure/infra`, and what in them is compared with what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..promotion import differences
from . import sdk
from .target import REGISTRY, InfraError, Target

FOLDER, COMPUTE = Path("azure", "infra"), Path("azure", "compute")
# the keys that an apply keeps as declared, by kind; the others are fixed when a thing is made
KEPT = {
    "workspace": ("description", "public_network_access", "tags"),
    "compute": ("min_instances", "max_instances", "idle_time_before_scale_down"),
    "registry": (),
}
FIXED = {"workspace": ("location",), "compute": ("size", "tier"), "registry": ("location",)}


@dataclass(frozen=True)
class Declared:
    """A thing as it is declared: its file, and as the library reads it."""

    kind: str
    path: Path
    entity: Any

    @property
    def name(self) -> str:
        return str(self.entity.name)


def environments(root: Path) -> list[str]:
    """The workspaces that have files here."""
    return sorted(it.name for it in (root / FOLDER).iterdir() if it.is_dir()) if (root / FOLDER).is_dir() else []


def clusters(root: Path) -> dict[str, Path]:
    """Name -> file, of what azure/compute declares for every workspace."""
    return {path.stem: path for path in sorted((root / COMPUTE).glob("*.yml"))}


def paths(root: Path, env: str) -> dict[str, Path]:
    """Kind -> file, of a workspace or of the registry. Raises `InfraError` where one is missing."""
    found = {REGISTRY: root / FOLDER / "registry.yml"}
    if env != REGISTRY:
        found = {kind: root / FOLDER / env / f"{kind}.yml" for kind in ("workspace", "compute")}
    for path in found.values():
        if not path.is_file():
            known = ", ".join([*environments(root), REGISTRY])
            raise InfraError(f"{path} does not exist", fix=f"restore it, or name one of {known}")
    return found


def load(root: Path, env: str, target: Target) -> list[Declared]:
    """Everything that is declared for `env`, under the target's names, in order. Raises `InfraError`."""
    found = paths(root, env)
    if env == REGISTRY:
        return [Declared(REGISTRY, found[REGISTRY], sdk.load(REGISTRY, found[REGISTRY], named(REGISTRY, env, target)))]
    space = Declared(
        "workspace", found["workspace"], sdk.load("workspace", found["workspace"], named("workspace", env, target))
    )
    changes = overrides(found["compute"], root)
    made = [
        Declared("compute", path, sdk.load("compute", path, changes.get(name, [])))
        for name, path in clusters(root).items()
    ]
    return [space, *made]


def named(kind: str, env: str, target: Target) -> list[dict[str, Any]]:
    """What the files leave out."""
    name = target.registry if kind == REGISTRY else target.workspace
    here: list[dict[str, Any]] = [{"name": name}, {"location": target.location}]
    if kind == REGISTRY:
        return [*here, {"replication_locations": [{"location": target.location}]}]
    return [*here, {"resource_group": target.group}, {"display_name": env}]


def overrides(path: Path, root: Path) -> dict[str, list[dict[str, Any]]]:
    """Cluster -> the keys that differ in a workspace. Raises `InfraError` for a cluster that nobody declares."""
    raw = differences.read(path) or {}
    for name, keys in raw.items():
        if name not in clusters(root) or not isinstance(keys, dict):
            there = ", ".join(clusters(root)) or "none"
            raise InfraError(
                f"{path} changes {name!r}, which is no cluster of {COMPUTE.as_posix()}", fix=f"there are {there}"
            )
    return {name: [{key: value} for key, value in keys.items()] for name, keys in raw.items()}


def changes(kind: str, there: Any, wanted: Any) -> tuple[list[str], list[str]]:
    """(what is to be changed, what cannot be), each as `key: there -> wanted`."""
    said = []
    for keys in (KEPT[kind], FIXED[kind]):
        pairs = ((key, value(there, key), value(wanted, key)) for key in keys)
        said.append([f"{key}: {had} -> {has}" for key, had, has in pairs if not same(had, has)])
    return said[0], said[1]


def value(entity: Any, key: str) -> Any:
    """A key's value; names that Azure writes in its own case are compared without it."""
    found = getattr(entity, key, None)
    return found.lower() if isinstance(found, str) and key != "description" else found


def same(there: Any, wanted: Any) -> bool:
    """Equal; tags that others have set are theirs, and what a file does not say is Azure's affair."""
    if isinstance(wanted, dict):
        return {**(there or {}), **wanted} == (there or {})
    return wanted is None or there == wanted
