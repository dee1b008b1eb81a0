"""What components and pipelines declare of their inputs and outputs, and the values that fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LITERALS: dict[str, type] = {"string": str, "number": float, "integer": int, "boolean": bool}
FILES = {"uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model"}
KEYS = {"type", "path", "mode", "description", "default", "optional", "min", "max", "enum"}
TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Port:
    """One input or output: its type, its default (a path for files), what a number may be."""

    type: str
    default: Any = None
    optional: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()

    @property
    def is_file(self) -> bool:
        return self.type in FILES


def port(raw: Any, where: str, problems: list[str]) -> Port:
    """A declaration in its long form (an object) or as a bare value, whose type tells itself."""
    if not isinstance(raw, dict):
        return Port(kind_of(raw), raw)
    problems += [f"{where}: {key!r} is no key that is read here" for key in raw if key not in KEYS]
    kind = raw.get("type", "uri_folder")
    if kind not in LITERALS and kind not in FILES:
        problems.append(f"{where}: type {kind!r} is none of {', '.join((*LITERALS, *sorted(FILES)))}")
        kind = "string"
    optional = literal(raw.get("optional", False), "boolean", f"{where}.optional", problems) is True
    default = raw.get("path", raw.get("default"))
    found = Port(kind, default, optional, raw.get("min"), raw.get("max"), tuple(raw.get("enum") or ()))
    if default is not None and not found.is_file:
        value(default, found, where, problems)
    return found


def kind_of(raw: Any) -> str:
    """The type that a bare value has."""
    names = {bool: "boolean", int: "integer", float: "number"}
    return names.get(type(raw), "string")


def value(raw: Any, declared: Port, where: str, problems: list[str]) -> Any:
    """A value as its port has it; what does not fit is noted."""
    found = literal(raw, declared.type, where, problems)
    if found is None:
        return raw
    if declared.choices and found not in declared.choices:
        problems.append(f"{where}: {raw!r} is none of {', '.join(map(str, declared.choices))}")
    if isinstance(found, int | float) and not isinstance(found, bool):
        if declared.low is not None and found < declared.low:
            problems.append(f"{where}: {raw!r} is below min = {declared.low}")
        if declared.high is not None and found > declared.high:
            problems.append(f"{where}: {raw!r} is above max = {declared.high}")
    return found


def literal(raw: Any, kind: str, where: str, problems: list[str]) -> Any:
    """A value of a literal type; None, and a note, where it is none."""
    if kind == "boolean":
        found = raw if isinstance(raw, bool) else TRUTH.get(str(raw).lower())
        if found is None:
            problems.append(f"{where}: {raw!r} is not a boolean")
        return found
    try:
        return LITERALS[kind](raw)
    except (TypeError, ValueError):
        problems.append(f"{where}: {raw!r} is not of type {kind}")
        return None
