"""`mlops infra apply`: what is missing is made, what differs is changed. Again, nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...training import azure
from . import files, sdk
from .files import Declared
from .target import LOCAL, REGISTRY, SHARED, InfraError, of_environment

Action = Literal["create", "change", "keep"]
Echo = Callable[[str], None]
GET: dict[str, Callable[[Any, str], Any]] = {
    "workspace": lambda client, name: client.workspaces.get(name),
    "compute": lambda client, name: client.compute.get(name),
    "registry": lambda client, name: client.registries.get(name),
}
MAKE: dict[str, Callable[[Any, Any], Any]] = {
    "workspace": lambda client, entity: client.workspaces.begin_create(entity),
    "compute": lambda client, entity: client.compute.begin_create_or_update(entity),
    "registry": lambda client, entity: client.registries.begin_create(entity),
}
CHANGE: dict[str, Callable[[Any, Any], Any]] = {
    **MAKE,
    "workspace": lambda client, entity: client.workspaces.begin_update(entity),
}


@dataclass(frozen=True)
class Step:
    """What is to be done with a thing, and why."""

    declared: Declared
    action: Action
    why: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        what = {"create": "is not there", "change": "differs", "keep": "is as declared"}[self.action]
        return f"{self.action:<6} {self.declared.kind} {self.declared.name}: {'; '.join(self.why) or what}"


def run(root: Path, env: str, *, what_if: bool = False, echo: Echo = lambda _: None) -> list[Step]:
    """Bring `env` (a workspace's name, or `registry`) to what its files declare; with `what_if`, only say what that is.

    Raises `InfraError` where something is there that can only be made anew.
    """
    target = of_environment(SHARED if env == REGISTRY else LOCAL)
    declared = files.load(root, env, target)
    client = sdk.client(target)
    steps = []
    for it in declared:  # in order: the cluster stands in the workspace
        step = planned(client, it)
        echo(step.sentence)
        if not what_if:
            carried_out(client, step)
        steps.append(step)
    return steps


def planned(client: Any, it: Declared) -> Step:
    """What is to be done with one thing. Raises `InfraError` where it cannot be changed into what is declared."""
    there = sdk.found(lambda: GET[it.kind](client, it.name))
    if there is None:
        return Step(it, "create")
    changes, fixed = files.changes(it.kind, there, it.entity)
    if fixed:
        wrong = f"{it.kind} {it.name} is there, and cannot be changed into what {it.path} declares: {'; '.join(fixed)}"
        raise InfraError(wrong, fix="declare what is there; or remove it on Azure, and apply again")
    return Step(it, "change", tuple(changes)) if changes else Step(it, "keep")


def carried_out(client: Any, step: Step) -> None:
    """Do it, and wait until it is done."""
    if step.action == "keep":
        return
    do = (MAKE if step.action == "create" else CHANGE)[step.declared.kind]
    with azure.asked(f"{step.action} {step.declared.kind} {step.declared.name}"):
        do(client, step.declared.entity).result()
