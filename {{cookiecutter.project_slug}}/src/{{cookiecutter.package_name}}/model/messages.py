"""What is wrong in `project.toml`: the key, the value, and what to write instead."""

from __future__ import annotations

import difflib
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails


def choices(given: str, known: tuple[str, ...]) -> str:
    """`use one of a, b`, or the one that was probably meant."""
    near = difflib.get_close_matches(given, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(map(repr, known))}"


def explain(detail: ErrorDetails, root: type[BaseModel]) -> tuple[str, str]:
    """One of pydantic's findings as (what is wrong with which value, what to write instead)."""
    key = ".".join(str(step) for step in detail["loc"])
    given = detail["input"]
    match detail["type"]:
        case "missing":
            return f"{key} is missing", f"add {key}"
        case "extra_forbidden":
            near = choices(str(detail["loc"][-1]), siblings(detail["loc"], root))
            return f"{key} = {given!r} is not a known key", f"remove {key}, or {near}"
        case "project":
            problem, _, fix = detail["msg"].partition(": ")
            return problem, fix
        case "source":  # its values stay unsaid: a URL may hold a password
            return (
                f"source {detail['msg']}, and has {', '.join(given)}",
                "set source.url and source.table, or source.folder",
            )
        case "column":
            return f"{key} {detail['msg']}, and is {given['kind']}", f"remove min and max, or make {key} numeric"
        case _:
            return f"{key} is {given!r}", f"{key}: {detail['msg']}"


def siblings(loc: tuple[int | str, ...], root: type[BaseModel]) -> tuple[str, ...]:
    """The keys that are allowed where `loc` points; in a table of tables, such as `columns`, a step is a name."""
    model: Any = root
    for step in loc[:-1]:
        model = model.model_fields[step].annotation if hasattr(model, "model_fields") else get_args(model)[-1]
    return tuple(model.model_fields)
