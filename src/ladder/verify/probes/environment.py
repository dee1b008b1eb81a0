"""Environments and compute: pinned, defined, declared."""

from __future__ import annotations

import re
from typing import Any

from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes

LOCKS = (
    "environments/*.lock",
    "uv.lock",
    "poetry.lock",
    "Pipfile.lock",
    "pdm.lock",
    "conda-lock.yml",
    "requirements*.lock",
    "pylock*.toml",
)
LISTS = ("requirements*.txt", "requirements/*.txt")
NAME = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)")
PIN = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)(?:\[[\w,\s-]*\])?\s*==\s*([\w.!+*-]+)")


def environment_is_locked(it: Facts) -> Seen:
    own = [name for name in it.repo.glob(*LOCKS) if "==" in it.repo.text(name)]
    if own:
        loose = [
            (name, line)
            for name in own
            for line in unpinned(it.repo.text(name))
            if name.endswith(".lock") and name != "uv.lock"
        ]
        if loose and not own[0].startswith(("poetry", "Pipfile", "pdm")):
            return no(f"{loose[0][0]} does not pin {loose[0][1]!r}", loose[0][0])
        return every(complete(it, own[0]), held(it))
    if it.repo.glob(*LOCKS):
        return unknown(
            f"{it.repo.glob(*LOCKS)[0]} locks; that a run was made with it, nothing records", it.repo.glob(*LOCKS)[0]
        )
    lists = it.repo.glob(*LISTS)
    if not lists:
        return no("nothing pins what training runs in")
    open_ones = [(name, line) for name in lists for line in unpinned(it.repo.text(name))]
    if open_ones:
        return no(f"{open_ones[0][0]} does not pin {open_ones[0][1]!r}", open_ones[0][0])
    return unknown(f"{lists[0]} pins; that a run was made with it, nothing records", lists[0])


def unpinned(text: str) -> list[str]:
    """Requirements without one version."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return [line for line in lines if NAME.match(line) and not PIN.match(line) and "://" not in line]


def complete(it: Facts, lock: str) -> Seen:
    """What pyproject.toml asks for is in the lock."""
    pins = {plain(found[1]) for line in it.repo.text(lock).splitlines() if (found := PIN.match(line))}
    project = it.repo.toml("pyproject.toml").get("project", {})
    wanted = [found[1] for row in project.get("dependencies", []) if (found := NAME.match(str(row)))]
    lacking = [name for name in wanted if plain(name) not in pins]
    if lacking:
        return no(f"pyproject.toml asks for {lacking[0]}, and {lock} does not pin it", lock, "pyproject.toml")
    return yes(f"{lock} pins {len(pins)} packages", lock)


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def held(it: Facts) -> Seen:
    """A run records what it ran in, and another environment is refused."""
    recorded = it.code.says(
        r"environment|env|regist|record", r"lock_sha256|env(?:ironment)?_(?:hash|digest)|\"environment\":"
    )
    noted = yes(f"a run records it ({recorded[0]})", recorded[0]) if recorded else no("no run records its environment")
    return every(
        noted,
        it.refuses(
            "another environment than the locked one",
            r"regist|environment|train",
            r"unlocked|not the locked|environment is not",
        ),
    )


def environments_are_defined(it: Facts) -> Seen:
    found = [
        name
        for name in it.repo.glob("azure/environments/*environment.yml", "*environments/*/environment.yml")
        if defined(it.repo.yaml(name))
    ]
    if not found:
        return no("no environment of Azure Machine Learning is defined")
    raw = it.repo.yaml(found[0])
    if "latest" in str(raw.get("image", "")) or str(raw.get("image", "")).count(":") == 0:
        return no(f"{found[0]} names no fixed image", found[0])
    conda = f"{found[0].rpartition('/')[0]}/{raw['conda_file']}" if raw.get("conda_file") else ""
    if not conda:
        return unknown(f"{found[0]} has its packages in its image", found[0])
    return every(yes(f"{found[0]} names an image and {conda}", found[0]), agrees(it, conda))


def defined(raw: dict[str, Any]) -> bool:
    return bool(raw.get("name")) and bool(raw.get("image") or raw.get("build"))


def agrees(it: Facts, conda: str) -> Seen:
    """The versions are the lock's, but for those that its head names with a reason."""
    locks = it.repo.glob("environments/*.lock")
    text = it.repo.text(conda)
    if not locks:
        return unknown(f"there is no lock to hold {conda} against", conda)
    rows = [row for row in it.repo.yaml(conda).get("dependencies", []) if isinstance(row, dict)]
    listed = [PIN.match(str(line)) for line in (rows[0].get("pip", []) if rows else [])]
    pins = {found[1]: found[2] for found in listed if found}
    locked: dict[str, set[str]] = {}
    for line in it.repo.text(locks[0]).splitlines():
        if found := PIN.match(line):
            locked.setdefault(plain(found[1]), set()).add(found[2])
    excused = {
        plain(word)
        for line in text.splitlines()
        if line.startswith("#")
        for word in re.findall(r"[\w.-]+", line.partition(":")[0])
    }
    wrong = [
        f"{name} {version}"
        for name, version in pins.items()
        if plain(name) not in excused and version not in locked.get(plain(name), ())
    ]
    if not pins or wrong:
        return no(f"{conda} has {wrong[0] if wrong else 'no versions'}, and {locks[0]} has not", conda, locks[0])
    return yes(f"whose {len(pins)} versions are the lock's", conda, locks[0])


def clusters(it: Facts) -> dict[str, dict[str, Any]]:
    """The clusters that files declare, by file."""
    return {
        name: raw
        for name in it.repo.glob("azure/compute/*.yml", "*compute*.yml")
        if (raw := it.repo.yaml(name)).get("type") == "amlcompute"
    }


def compute_is_managed(it: Facts) -> Seen:
    found = clusters(it)
    if not found:
        return no("no file declares the machines that training runs on")
    for name, raw in found.items():
        if raw.get("min_instances", 0) != 0:
            return no(f"{name}: min_instances {raw.get('min_instances')}, so that it never goes down to nothing", name)
        if not isinstance(raw.get("max_instances"), int) or not raw.get("size"):
            return no(f"{name} says neither how large it is nor how many machines there may be", name)
    named = {str(raw.get("name")) for raw in found.values()}
    asked = {
        cluster
        for path, raw in it.pipelines
        for cluster in re.findall(r"azureml:([\w-]+)", str(raw.get("settings", "")))
    }
    if asked - named:
        return no(f"a pipeline runs on {min(asked - named)}, which no file declares", *found)
    return yes(f"{next(iter(found))} goes down to nothing, and has a largest size", *found)


def serving_compute_is_managed(it: Facts) -> Seen:
    found = deployments(it)
    if not found:
        return no("no file declares the machines that serve")
    for name, raw in found.items():
        lacking = [key for key in ("instance_type", "instance_count") if not raw.get(key)]
        if lacking:
            return no(f"{name} does not say its {lacking[0]}", name)
    return every(yes(f"{len(found)} deployments say on what they run", *found), it.ask(compute_is_managed))


def deployments(it: Facts) -> dict[str, dict[str, Any]]:
    """The online deployments that files declare."""
    rows = {name: it.repo.yaml(name) for name in it.repo.glob("azure/endpoints/*.yml", "*deployment*.yml")}
    return {
        name: raw
        for name, raw in rows.items()
        if "endpoint_name" in raw and "OnlineDeployment" in str(raw.get("$schema", "OnlineDeployment"))
    }


PROBES = (environment_is_locked, environments_are_defined, compute_is_managed, serving_compute_is_managed)
