"""`mlops infra check`: the files of `azure/infra`, looked at as far as that goes without Azure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import combinations
from pathlib import Path
from typing import Any

from ...errors import ProjectError
from ..promotion import differences, workspaces
from ..promotion.declared import AZURE
from ..promotion.workspaces import Workspaces
from . import files
from .target import REGISTRY, InfraError, Target

STAND_IN = Target("00000000-0000-0000-0000-000000000000", "group", "westeurope", "workspace", "registry")
GIVEN = ("name", "location", "resource_group", "replication_locations", "display_name")
NAMING = re.compile(r"/subscriptions/|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|AccountKey=|sig=")
CLUSTER = re.compile(r"(?:default_)?compute: *azureml:([\w-]+)")


def run(root: Path) -> list[str]:
    """What was looked at. Raises `InfraError` naming everything that is wrong."""
    found = workspaces.load(root)
    envs = [name for name in found.names if name == REGISTRY or (root / files.FOLDER / name).is_dir()]
    wrong = [said for env in envs for said in problems(root, env)]
    wrong += [*computes(root), *lacking(found, envs)]
    wrong = wrong or [*apart(found, [env for env in envs if env != REGISTRY])]
    if wrong:
        lines = "".join(f"\n  {said}" for said in wrong)
        raise InfraError(f"{files.FOLDER.as_posix()} cannot be applied:{lines}", fix="correct the files that are named")
    return [path.relative_to(root).as_posix() for env in envs for path in files.paths(root, env).values()]


def problems(root: Path, env: str) -> Iterator[str]:
    """What is wrong with the files of one environment."""
    try:
        declared = files.load(root, env, STAND_IN)
    except (InfraError, ProjectError) as error:
        yield error.problem
        return
    for it in declared:
        where, text = it.path.relative_to(root).as_posix(), it.path.read_text(encoding="utf-8")
        if NAMING.search(text):
            yield f"{where} holds an id or a secret of one subscription"
        content = differences.read(it.path)
        if it.kind != "compute":
            yield from (f"{where} says `{key}`, which the environment gives" for key in GIVEN if key in content)
        elif it.entity.min_instances > it.entity.max_instances:
            wrong = f"min_instances {it.entity.min_instances} is above max_instances {it.entity.max_instances}"
            yield f"{where} in {env}: {wrong}"


def apart(found: Workspaces, envs: list[str]) -> Iterator[str]:
    """In what two environments differ and must not."""
    sides = {env: azure(differences.declared(found, env)) for env in envs}
    for left, right in combinations(envs, 2):
        for key in sorted({*sides[left], *sides[right]}):
            ours, theirs = (sides[env].get(key, differences.ABSENT) for env in (left, right))
            if ours != theirs and not any(fnmatchcase(key, it) for it in found.declared.may_differ):
                yield f"{key} is {ours} in {left} and {theirs} in {right}, and may_differ does not name it"


def azure(settings: dict[str, Any]) -> dict[str, str]:
    return {key: str(it) for key, it in settings.items() if key.startswith(AZURE)}


def computes(root: Path) -> Iterator[str]:
    """Clusters that a file names, and azure/compute does not declare."""
    have = files.clusters(root)
    for path in sorted((root / "azure").rglob("*.yml")):
        for name in CLUSTER.findall(path.read_text(encoding="utf-8")):
            if name not in have:
                where = path.relative_to(root).as_posix()
                yield f"{where} runs on {name}, which {files.COMPUTE.as_posix()} does not declare"


def lacking(found: Workspaces, envs: list[str]) -> Iterator[str]:
    """Workspaces on Azure whose files are missing."""
    for name in found.names:
        if found.settings(name).platform == "azure" and name not in envs:
            yield f"workspace {name} is on azure, and {files.FOLDER.as_posix()}/{name} is not there"
