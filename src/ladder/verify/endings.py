"""How functions end: what they refuse and what they give back, by conditions that can come about."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

EXITS = {"sys.exit", "exit", "quit", "os._exit", "abort", "click.Abort"}


def defined(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions among some statements, and inside them."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        inner = getattr(node, "body", None)
        if isinstance(inner, list):
            yield from defined([*inner, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])])


@dataclass(frozen=True)
class End:
    """A way in which statements end: under which condition, with which words before it."""

    condition: str
    said: str
    node: ast.stmt


Source = Callable[[ast.AST | None], str]


def endings(body: list[ast.stmt], source: Source, condition: str = "always") -> Iterator[End]:
    """How some statements end, under a condition: what can never come about is left out."""
    for number, node in enumerate(body):
        if isinstance(node, ast.If):
            yield from of_if(node, source, condition)
            if constant(node.test, value=True) and leaves(node.body[-1]):
                return
            if leaves(node.body[-1]):
                condition = f"{condition}, not {source(node.test).strip()}"
        elif isinstance(node, ast.For | ast.While | ast.With | ast.AsyncWith | ast.AsyncFor):
            yield from endings(node.body, source, f"{condition} {source(node).partition(chr(10))[0].strip()}")
        elif isinstance(node, ast.Try):
            yield from endings([*node.body, *node.orelse, *node.finalbody], source, condition)
            for handler in node.handlers:
                yield from endings(handler.body, source, f"except {source(handler.type)}")
        elif stops(node) or leaves(node):
            before = [source(it) for it in body[:number][-2:] if isinstance(it, ast.Assign)]
            yield End(condition, "\n".join([*before, source(node)]), node)
            return


def of_if(node: ast.If, source: Source, condition: str) -> Iterator[End]:
    """Both of its ways, where they can be taken."""
    if not constant(node.test, value=False):
        yield from endings(node.body, source, condition if constant(node.test, value=True) else source(node.test))
    if not constant(node.test, value=True):
        yield from endings(node.orelse, source, f"not {source(node.test)}")


def leaves(node: ast.stmt) -> bool:
    """Whether nothing after it in the same block is done."""
    return isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break)


def stops(node: ast.stmt) -> bool:
    """Whether a statement ends the work as a failure."""
    if isinstance(node, ast.Raise):
        return True
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    name, args = dotted(node.value.func), node.value.args
    succeeds = not args or (isinstance(args[0], ast.Constant) and args[0].value in (0, None))
    return (name in EXITS or name.endswith(".exit")) and not succeeds


def constant(test: ast.expr, *, value: bool) -> bool:
    """Whether a condition is always `value`."""
    if isinstance(test, ast.Constant):
        return bool(test.value) is value
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return constant(test.operand, value=not value)
    if isinstance(test, ast.BoolOp):
        decides = isinstance(test.op, ast.Or) is value
        return (
            any(constant(it, value=value) for it in test.values)
            if decides
            else all(constant(it, value=value) for it in test.values)
        )
    return False


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or an attribute; what stands before the last call is left out."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Every call in it."""
    return (it for it in ast.walk(node) if isinstance(it, ast.Call))


def called(node: ast.AST, pattern: str) -> list[ast.Call]:
    """The calls of a name that fits."""
    fits = re.compile(pattern)
    return [it for it in calls(node) if fits.search(dotted(it.func))]
