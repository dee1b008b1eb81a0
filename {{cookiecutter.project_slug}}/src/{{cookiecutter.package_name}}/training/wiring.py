"""Whether the bindings of a pipeline lead somewhere: each `${{...}}` is looked up where it points to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from . import declared
from .declared import Port
from .pipeline import Step

EXPRESSION = re.compile(r"\$\{\{\s*([^}]*?)\s*\}\}")
OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
WHOLE = re.compile(r"\s*\$\{\{\s*([^}]*?)\s*\}\}\s*")


def wired(
    step: Step, steps: dict[str, Step], inputs: dict[str, Port], outputs: dict[str, Port], problems: list[str]
) -> Step:
    """`step` with the steps that it needs; what is wrong with its bindings is noted."""
    where, component = f"jobs.{step.name}", step.component
    for name in step.inputs:
        if name not in component.inputs:
            problems.append(f"{where}.inputs.{name}: {component.name} has no such input")
    for name, port in component.inputs.items():
        if name not in step.inputs and not port.optional and port.default is None:
            problems.append(f"{where}.inputs.{name}: is needed by {component.name} and not given")
    check_command(step, problems)
    check_outputs(step, outputs, problems)
    needs = set()
    for name, raw in step.inputs.items():
        if name in component.inputs:
            needs |= source(raw, component.inputs[name], f"{where}.inputs.{name}", steps, inputs, problems)
    return replace(step, needs=frozenset(needs))


def check_command(step: Step, problems: list[str]) -> None:
    """Everything that the command refers to is declared."""
    for expression in EXPRESSION.findall(step.component.command):
        side, _, name = expression.partition(".")
        known = {"inputs": step.component.inputs, "outputs": step.component.outputs}.get(side, {})
        if name not in known:
            problems.append(
                f"components/{step.component.path.name}: command refers to {expression}, which is not declared"
            )


def check_outputs(step: Step, outputs: dict[str, Port], problems: list[str]) -> None:
    """A step's output goes where the pipeline has one of that name."""
    for name, raw in step.outputs.items():
        where = f"jobs.{step.name}.outputs.{name}"
        if name not in step.component.outputs:
            problems.append(f"{where}: {step.component.name} has no such output")
        found = WHOLE.fullmatch(raw)
        parts = found[1].split(".") if found else []
        if parts[:2] != ["parent", "outputs"] or len(parts) != 3 or parts[2] not in outputs:
            problems.append(f"{where}: {raw!r} is no output of the pipeline")


def source(
    raw: Any, port: Port, where: str, steps: dict[str, Step], inputs: dict[str, Port], problems: list[str]
) -> set[str]:
    """The step that a binding reads from, if any; what does not lead anywhere, or to another type, is noted."""
    found = WHOLE.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        if isinstance(raw, dict):
            problems.append(f"{where}: give a value or a binding")
        elif not port.is_file:
            declared.value(raw, port, where, problems)
        return set()
    parts = found[1].split(".")
    if parts[:2] == ["parent", "inputs"] and len(parts) == 3:
        given = inputs.get(parts[2])
        if given is None:
            problems.append(f"{where}: the pipeline has no input {parts[2]!r}")
        else:
            same_kind(given, port, where, problems)
        return set()
    if parts[:2] == ["parent", "jobs"] and len(parts) == 5 and parts[3] == "outputs":
        return from_step(parts[2], parts[4], port, where, steps, problems)
    problems.append(f"{where}: {found[1]!r} is neither parent.inputs.NAME nor parent.jobs.STEP.outputs.NAME")
    return set()


def from_step(name: str, output: str, port: Port, where: str, steps: dict[str, Step], problems: list[str]) -> set[str]:
    """A binding to another step's output."""
    if name not in steps:
        problems.append(f"{where}: there is no step {name!r}")
        return set()
    given = steps[name].component.outputs.get(output)
    if given is None:
        problems.append(f"{where}: step {name!r} has no output {output!r}")
        return set()
    same_kind(given, port, where, problems)
    return {name}


def same_kind(given: Port, wanted: Port, where: str, problems: list[str]) -> None:
    """A file is not a number; folders and models are folders all."""
    if given.is_file != wanted.is_file or (not given.is_file and given.type != wanted.type):
        problems.append(f"{where}: takes {wanted.type} and is given {given.type}")


def filled(command: str, values: dict[str, str]) -> str:
    """The command with its values; a `$[[...]]` part goes where what it names has none."""

    def part(found: re.Match[str]) -> str:
        return found[1] if all(it in values for it in EXPRESSION.findall(found[1])) else ""

    return EXPRESSION.sub(lambda found: values[found[1]], OPTIONAL.sub(part, command))
