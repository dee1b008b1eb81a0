"""The scope azure-offline: the files for Azure Machine Learning, as far as they can be told without a subscription."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes
from . import environment, graph

FILE = re.compile(r"file:(\S+)")


def declared(it: Facts, pattern: str, keys: tuple[str, ...], what: str) -> Seen:
    """Files of a kind are there, are YAML, and have the keys that Azure asks for."""
    names = it.repo.glob(pattern)
    if not names:
        return unknown(f"no file declares {what} for Azure")
    for name in names:
        raw = it.repo.yaml(name)
        lacking = [key for key in keys if raw.get(key) in (None, "", [], {})]
        if lacking:
            return no(f"{name} has no {', '.join(lacking)}", name)
    return yes(f"{len(names)} files declare {what}", *names)


def pipeline(it: Facts) -> Seen:
    parts = [declared(it, "azure/pipelines/*.yml", ("type", "jobs"), "a pipeline")]
    for name in it.repo.glob("azure/pipelines/*.yml"):
        raw = it.repo.yaml(name)
        parts += [joined(it, name, step, job) for step, job in raw.get("jobs", {}).items() if isinstance(job, dict)]
        unbound = [
            f"{step}: {of}.{output}"
            for step, needs in graph.read(name, raw).steps.items()
            for of, output in needs
            if not gives(it, name, raw, of, output)
        ]
        parts += [no(f"{name}: {unbound[0]} is no output", name)] if unbound else []
    return brief(every(*parts), f"every step of the pipeline is bound to a component: {len(parts) - 1} steps")


def brief(found: Seen, said: str) -> Seen:
    return Seen(True, said, found.artefacts) if found.holds else found


def component(it: Facts, name: str, job: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The file of a step's component, and what it holds."""
    path = beside(name, str(job.get("component", "")))
    return path, it.repo.yaml(path)


def joined(it: Facts, name: str, step: str, job: dict[str, Any]) -> Seen:
    """A step's component is there, and takes what it is given."""
    path, raw = component(it, name, job)
    if not raw.get("command"):
        return no(f"{name}: the component of {step} is not there", name)
    inputs = raw.get("inputs") or {}
    strange = [key for key in job.get("inputs") or {} if key not in inputs]
    lacking = [key for key, port in inputs.items() if key not in (job.get("inputs") or {}) and not optional(port)]
    if strange or lacking:
        return no(f"{name}: {step} {'takes no ' + strange[0] if strange else 'is not given ' + lacking[0]}", name, path)
    target = FILE.search(str(raw.get("environment", "")))
    if target and not it.repo.has(beside(path, target[1])):
        return no(f"{path} runs in {target[1]}, which is not there", path)
    return yes(f"{step} is bound", path)


def optional(port: object) -> bool:
    return isinstance(port, dict) and bool(port.get("optional") or "default" in port)


def gives(it: Facts, name: str, raw: dict[str, Any], step: str, output: str) -> bool:
    """Whether a step has such an output."""
    job = raw.get("jobs", {}).get(step)
    return isinstance(job, dict) and output in (component(it, name, job)[1].get("outputs") or {})


def beside(name: str, path: str) -> str:
    """A path that a file names, from the repo's root."""
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / path).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def schedules(it: Facts) -> Seen:
    found = declared(it, "azure/schedules/*.yml", ("name", "trigger", "create_job"), "a schedule")
    lost = [
        name
        for name in it.repo.glob("azure/schedules/*.yml")
        if not it.repo.has(beside(name, str(it.repo.yaml(name).get("create_job"))))
    ]
    return no(f"{lost[0]} starts a pipeline that is not there", lost[0]) if lost else found


def events(it: Facts) -> Seen:
    found = declared(it, "azure/events.yml", ("topic", "subscriptions"), "subscriptions of events")
    rows = it.repo.yaml("azure/events.yml").get("subscriptions", [])
    bare = [row.get("name") for row in rows if isinstance(row, dict) and "includedEventTypes" not in str(row)]
    return no(f"the subscription {bare[0]} names no types of events", "azure/events.yml") if bare else found


def environments(it: Facts) -> Seen:
    found = declared(it, "azure/environments/*/environment.yml", ("name", "image"), "an environment")
    names = it.repo.glob("azure/environments/*/environment.yml")
    lost = [
        name
        for name in names
        if (conda := it.repo.yaml(name).get("conda_file")) and not it.repo.has(beside(name, str(conda)))
    ]
    return no(f"{lost[0]} names packages that are not there", lost[0]) if lost else found


def compute(it: Facts) -> Seen:
    found = declared(it, "azure/compute/*.yml", ("name", "type", "size", "max_instances"), "a cluster")
    return found if found.holds is not True else it.ask(environment.compute_is_managed)


def endpoints(it: Facts) -> Seen:
    found = environment.deployments(it)
    if not found:
        return unknown("no file declares an endpoint for Azure")
    names = {
        str(raw.get("name"))
        for name in it.repo.glob("azure/endpoints/*.yml")
        if "endpoint_name" not in (raw := it.repo.yaml(name))
    }
    for name, raw in found.items():
        if str(raw["endpoint_name"]) not in names:
            return no(f"{name} is of the endpoint {raw['endpoint_name']}, which no file declares", name)
        script = raw.get("code_configuration", {}).get("scoring_script", "")
        if not it.repo.has(str(script)):
            return no(f"{name} scores by {script}, which is not there", name)
        target = FILE.search(str(raw.get("environment", "")))
        if target and not it.repo.has(beside(name, target[1])):
            return no(f"{name} runs in {target[1]}, which is not there", name)
    return yes(f"{len(found)} deployments of a declared endpoint", *found)


def collector(it: Facts) -> Seen:
    found = environment.deployments(it)
    if not found:
        return unknown("no file declares an endpoint for Azure")
    mute = [name for name, raw in found.items() if not isinstance(raw.get("data_collector"), dict)]
    return (
        no(f"{mute[0]} collects nothing", mute[0])
        if mute
        else yes("every deployment collects inputs and outputs", *found)
    )


def infra(it: Facts) -> Seen:
    found = declared(it, "azure/infra/*/workspace.yml", ("$schema",), "workspaces")
    text = {name: it.repo.text(name) for name in it.repo.glob("azure/infra/*.yml")}
    fixed = [name for name, raw in text.items() if re.search(r"/subscriptions/|AccountKey=|sig=", raw)]
    return no(f"{fixed[0]} holds the name or a secret of one subscription", fixed[0]) if fixed else found


def shared_registry(it: Facts) -> Seen:
    return declared(it, "azure/infra/registry.yml", ("$schema",), "a shared registry")


AZURE: dict[str, Callable[[Facts], Seen]] = {
    probe.__name__: probe
    for probe in (pipeline, schedules, events, environments, compute, endpoints, collector, infra, shared_registry)
}
