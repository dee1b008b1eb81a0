"""From a deployment back to the data."""

from __future__ import annotations

import ast
import re

from ..code import Module
from ..endings import constant
from ..facts import Facts
from ..seen import Seen, every, no, yes


def deployments_are_traced(it: Facts) -> Seen:
    told = it.code.says(r"serv|service|score|stamp|app", r"x-model-digest|model_version|X-Model")
    return every(
        yes(f"an answer names its model ({told[0]})", told[0]) if told else no("an answer does not name its model"),
        looks(it, "a landed file that was altered", r"lineage|trace", r"is not what was landed|not what it was"),
        looks(it, "an artifact that was altered", r"lineage|trace", r"altered after|altered"),
    )


def looks(it: Facts, what: str, where: str, about: str) -> Seen:
    """Some code tells of what it found: by a word that is given out under a condition."""
    fits = re.compile(about)
    for module in it.code.find(where):
        for name, node in module.functions.items():
            if fits.search(module.source(node)) and tells(module, node, fits) and it.code.used(module, name):
                return yes(f"{module.path}:{name} tells of {what}", module.path)
    return no(f"nothing tells of {what}")


def tells(module: Module, node: ast.AST, fits: re.Pattern[str]) -> bool:
    """Whether the words stand under a condition that can hold."""

    for it in ast.walk(node):
        if isinstance(it, ast.If) and not constant(it.test, value=False):
            inner = "\n".join(module.source(line) for line in it.body if not isinstance(line, ast.If))
            if fits.search(inner):
                return True
    return False


PROBES = (deployments_are_traced,)
