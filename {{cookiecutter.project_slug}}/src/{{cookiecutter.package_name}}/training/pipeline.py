"""A pipeline as Azure Machine Learning's YAML declares it: command components in steps, bound to each other.

`load` reads and checks it strictly: a wrong binding, a cycle or an unknown input is found here, before anything runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from ..errors import MlopsError
from .declared import Port, literal, port

FOLDER = Path("azure", "pipelines")  # in a repo; the file's name is the pipeline's
PIPELINE_KEYS = {
    "$schema", "type", "name", "display_name", "description", "experiment_name", "tags", "settings", "compute",
    "inputs", "outputs", "jobs",
}  # fmt: skip
STEP_KEYS = {"type", "component", "inputs", "outputs", "compute", "display_name", "environment_variables"}
COMPONENT_KEYS = {
    "$schema", "name", "version", "type", "display_name", "description", "tags", "is_deterministic", "inputs",
    "outputs", "code", "environment", "environment_variables", "command", "resources",
}  # fmt: skip


class PipelineError(MlopsError):
    """A pipeline that cannot run as it is declared, or a step that failed."""


@dataclass(frozen=True)
class Component:
    """What a step runs: its command with `${{inputs.x}}` and `${{outputs.y}}`, in the folder `code`."""

    path: Path
    name: str
    version: str
    command: str
    code: Path
    inputs: dict[str, Port]
    outputs: dict[str, Port]
    variables: dict[str, str]
    deterministic: bool


@dataclass(frozen=True)
class Step:
    """A component in its place: input name -> a literal or a `${{parent...}}` expression."""

    name: str
    component: Component
    inputs: dict[str, Any]
    outputs: dict[str, str]
    variables: dict[str, str]
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pipeline:
    """Checked steps, and an order in which they can run."""

    path: Path
    name: str
    inputs: dict[str, Port]
    outputs: dict[str, Port]
    steps: dict[str, Step]
    order: tuple[str, ...]


def named(root: Path, name: str) -> Path:
    """The file of the repo's pipeline `name`."""
    return root / FOLDER / f"{name}.yml"


def path_of(root: Path, name: str) -> Path:
    """The file of a pipeline, by its name or its path."""
    return Path(name) if name.endswith((".yml", ".yaml")) else named(root, name)


def load(path: Path) -> Pipeline:
    """Read `path` and its components. Raises `PipelineError` listing all that is wrong."""
    from . import wiring

    content, problems = mapping(path), list[str]()
    unknown(content, PIPELINE_KEYS, path.name, problems)
    if content.get("type") != "pipeline":
        problems.append(f"{path.name}: type is {content.get('type')!r} and not 'pipeline'")
    inputs, outputs = ports(content, "inputs", path.name, problems), ports(content, "outputs", path.name, problems)
    jobs = content.get("jobs")
    if not isinstance(jobs, dict) or not jobs:
        problems.append(f"{path.name}: jobs is empty: a pipeline needs at least one step")
        jobs = {}
    steps = {}
    for name, raw in jobs.items():
        if (made := step(str(name), raw, path, problems)) is not None:
            steps[str(name)] = made
    steps = {name: wiring.wired(it, steps, inputs, outputs, problems) for name, it in steps.items()}
    refuse(path, problems)
    return Pipeline(path, str(content.get("name", path.stem)), inputs, outputs, steps, ordered(steps, path))


def refuse(path: Path, problems: list[str]) -> None:
    """Raises `PipelineError` where there are problems."""
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise PipelineError(f"{path} cannot run:{lines}", fix="correct these lines; `mlops pipeline check` looks again")


def mapping(path: Path) -> dict[str, Any]:
    """The YAML object in `path`. Raises `PipelineError` where there is none."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}", fix="name a pipeline's YAML file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path} is not YAML: {error}", fix="correct that line") from None
    if not isinstance(content, dict):
        raise PipelineError(f"{path} holds a {type(content).__name__} and not an object", fix="see azure/pipelines")
    return content


def unknown(content: dict[str, Any], known: set[str], where: str, problems: list[str]) -> None:
    """Note each key that nothing reads: a slip of the pen would go unnoticed otherwise."""
    problems += [f"{where}: {key!r} is no key that is read here" for key in content if key not in known]


def ports(content: dict[str, Any], side: str, where: str, problems: list[str]) -> dict[str, Port]:
    """The declared inputs or outputs."""
    found = content.get(side) or {}
    if not isinstance(found, dict):
        problems.append(f"{where}: {side} is no object")
        return {}
    return {str(name): port(raw, f"{where}: {side}.{name}", problems) for name, raw in found.items()}


def step(name: str, raw: Any, path: Path, problems: list[str]) -> Step | None:
    """One entry of `jobs`; None where there is nothing to go on."""
    where = f"jobs.{name}"
    if not isinstance(raw, dict) or raw.get("type", "command") != "command":
        problems.append(f"{where}: only steps of type command run here")
        return None
    unknown(raw, STEP_KEYS, where, problems)
    reference = raw.get("component")
    if not isinstance(reference, str) or reference.startswith("azureml:"):
        problems.append(f"{where}.component: {reference!r} is no file of this repo")
        return None
    file = (path.parent / reference.removeprefix("file:")).resolve()
    if not file.is_file():
        problems.append(f"{where}.component: {reference} does not exist")
        return None
    outputs = {str(key): str(value) for key, value in (raw.get("outputs") or {}).items()}
    return Step(name, component(file, problems), raw.get("inputs") or {}, outputs, variables(raw))


def component(path: Path, problems: list[str]) -> Component:
    """A component's file."""
    content = mapping(path)
    where = f"components/{path.name}"
    unknown(content, COMPONENT_KEYS, where, problems)
    command = content.get("command")
    if not isinstance(command, str) or not command.strip():
        problems.append(f"{where}: command is missing")
    code = (path.parent / str(content.get("code", "."))).resolve()
    if not code.is_dir():
        problems.append(f"{where}: code {content.get('code')} does not exist")
    deterministic = literal(content.get("is_deterministic", True), "boolean", f"{where}: is_deterministic", problems)
    return Component(
        path,
        str(content.get("name", path.stem)),
        str(content.get("version", "")),
        str(command or "").strip(),
        code,
        ports(content, "inputs", where, problems),
        ports(content, "outputs", where, problems),
        variables(content),
        deterministic is not False,
    )


def variables(content: dict[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in (content.get("environment_variables") or {}).items()}


def ordered(steps: dict[str, Step], path: Path) -> tuple[str, ...]:
    """The steps so that each comes after those that it needs. Raises `PipelineError` naming a cycle."""
    try:
        return tuple(TopologicalSorter({name: sorted(it.needs) for name, it in steps.items()}).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise PipelineError(f"{path} goes in a circle: {circle}", fix="take one of these bindings out") from None
