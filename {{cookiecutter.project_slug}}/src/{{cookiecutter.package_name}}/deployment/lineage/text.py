"""A trace as a tree of text."""

from __future__ import annotations

from collections.abc import Iterator

from .graph import Node
from .trace import Trace

FEW = 4  # things of one kind that are all shown
HIDDEN = frozenset({"folder", "path", "workspace", "mlflow", "code"})


def tree(found: Trace, *, whole: bool = False) -> str:
    """One line a thing, below what stands on it (or the other way). `whole` leaves nothing out."""
    seen: set[str] = set()
    lines = [line for key in found.start for line in branch(found, key, 0, seen, whole)]
    return "\n".join(lines)


def branch(found: Trace, key: str, depth: int, seen: set[str], whole: bool) -> Iterator[str]:
    """A thing and what lies behind it; what was shown above is not shown again."""
    node = found.graph.nodes[key]
    if key in seen:
        yield f"{'  ' * depth}{node.kind} {node.called} (above)"
        return
    seen.add(key)
    yield f"{'  ' * depth}{line(node)}"
    yield from (f"{'  ' * depth}  WRONG: {said}" for said in found.seen.get(key, []))
    ahead = found.ahead(key)
    shown, rest = (ahead, []) if whole else chosen(found, ahead)
    for other in shown:
        yield from branch(found, other, depth + 1, seen, whole)
    for kind in sorted({found.graph.nodes[it].kind for it in rest}):
        mine = [it for it in rest if found.graph.nodes[it].kind == kind]
        yield f"{'  ' * (depth + 1)}... and {len(mine)} more of kind {kind}"
        behind = dict.fromkeys(other for it in mine for other in found.ahead(it) if other not in seen)
        for other in chosen(found, list(behind))[0]:
            yield from branch(found, other, depth + 2, seen, whole)


def chosen(found: Trace, keys: list[str]) -> tuple[list[str], list[str]]:
    """(shown, left out): the first few of each kind, and all with which something is wrong."""
    count: dict[str, int] = {}
    total = {
        kind: sum(found.graph.nodes[key].kind == kind for key in keys)
        for kind in {found.graph.nodes[k].kind for k in keys}
    }
    shown = []
    for key in keys:
        kind = found.graph.nodes[key].kind
        count[kind] = count.get(kind, 0) + 1
        if total[kind] <= FEW or count[kind] < FEW or found.seen.get(key):
            shown.append(key)
    return shown, [key for key in keys if key not in shown]


def line(node: Node) -> str:
    """A thing with its facts."""
    facts = ", ".join(f"{name} {text}" for name, text in node.facts.items() if text and name not in HIDDEN)
    digest = f" [{node.sha256[:12]}]" if node.sha256 and node.kind in ("file", "source") else ""
    return f"{node.kind} {node.called}{digest}{': ' if facts else ''}{facts}"
