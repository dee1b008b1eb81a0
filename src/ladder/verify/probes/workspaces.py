"""Workspaces that are alike, and what goes from one to the next."""

from __future__ import annotations

from itertools import combinations

from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes


def workspaces_are_alike(it: Facts) -> Seen:
    rows = it.repo.toml("workspaces.toml")
    names = [name.split("/")[2] for name in it.repo.glob("azure/infra/*/workspace.yml")]
    if len(names) < 2:
        bicep = it.repo.glob("*.bicep", "*.tf")
        return (
            unknown(f"{bicep[0]} declares infrastructure; what of it differs, nothing here can tell", bicep[0])
            if bicep
            else no("no file declares the workspaces")
        )
    allowed = [str(key) for key in rows.get("may_differ", [])]
    declared = {
        name: flat(
            {
                path.rpartition("/")[2].removesuffix(".yml"): it.repo.yaml(path)
                for path in it.repo.glob(f"azure/infra/{name}/*.yml")
            }
        )
        for name in names
    }
    for left, right in combinations(names, 2):
        for key in sorted(declared[left].keys() | declared[right].keys()):
            ours, theirs = declared[left].get(key), declared[right].get(key)
            if ours != theirs and f"azure.{key}" not in allowed:
                return no(
                    f"{key} is {ours} in {left} and {theirs} in {right}, and may_differ does not allow that",
                    "workspaces.toml",
                )
    return every(
        yes(f"{', '.join(names)} are declared, and differ only as allowed", "workspaces.toml", "azure/infra"),
        it.refuses(
            "a difference that is not allowed",
            r"differences|workspace|infra|diff",
            r"differ in what must be equal|may_differ",
        ),
    )


def flat(raw: object, prefix: str = "") -> dict[str, str]:
    """Every leaf by its dotted key."""
    if isinstance(raw, dict):
        inner: dict[str, str] = {}
        for key, value in raw.items():
            inner |= flat(value, f"{prefix}.{key}" if prefix else str(key))
        return inner
    return {prefix: str(raw)}


def artifacts_are_promoted(it: Facts) -> Seen:
    trains = it.code.says(r"/promotion/|promot\w*\.py$", r"\.fit\(|from \.\.\.?training import[^\n]*\bfit\b")
    if trains:
        return no(f"{trains[0]} trains while it promotes", trains[0])
    return every(
        it.refuses("a copy that is not what was sent", r"promot", r"sent was|copy differs"),
        it.refuses("a version that is not the one which was judged", r"promot", r"refused|what was changed|altered"),
        shared(it),
    )


def shared(it: Facts) -> Seen:
    """Between workspaces there is a registry."""
    found = it.repo.glob("azure/infra/registry.yml", "*registry*.bicep", "*registry*.tf")
    rows = it.repo.toml("workspaces.toml").get("workspace", {})
    takes = (
        [name for name, row in rows.items() if "registry" in row.get("receives", [])] if isinstance(rows, dict) else []
    )
    if not takes:
        return no("no workspace takes models from a shared registry", "workspaces.toml")
    return yes(f"{', '.join(takes)} take models from the registry", "workspaces.toml", *found)


PROBES = (workspaces_are_alike, artifacts_are_promoted)
