"""A trace as a picture: what goes in at the left, what comes out at the right. Same trace, same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .graph import Graph, Node
from .text import HIDDEN
from .trace import Trace

WIDTH, LINE, PAD, GAP, BETWEEN, TOP, MARGIN = 222, 15, 9, 16, 62, 96, 24
FACTS, LETTERS, BOLD, FEW = 4, 33, 26, 4
COLUMN = {"source": 0, "batch": 1, "file": 2, "snapshot": 3, "commit": 3, "environment": 3, "features": 3, "run": 4}
FIRST_VERSION = 5
WRONG = "! "
INK, EDGE, PAPER = "#1f2933", "#8a97a6", "#ffffff"
GOOD, BAD, UNSEEN = ("#2f7d4f", "#eef7f1"), ("#b3261e", "#fdeeed"), ("#5b6b7c", "#f3f5f8")
FONT = "font-family='system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif'"


@dataclass
class Box:
    """A thing, or several of a kind, with the lines that stand in it and its place."""

    keys: tuple[str, ...]
    kind: str
    lines: list[str]
    state: bool | None
    asked: bool
    column: int
    x: int = 0
    y: int = 0

    @property
    def height(self) -> int:
        return 2 * PAD + LINE * (1 + len(self.lines))


def drawn(found: Trace) -> str:
    """The SVG."""
    boxes = arranged(boxed(found))
    place = {key: box for box in boxes for key in box.keys}
    width = max(box.x for box in boxes) + WIDTH + MARGIN
    height = max(box.y + box.height for box in boxes) + MARGIN
    parts = [head(found, max(width, 560), height)]
    parts += [
        line for line in dict.fromkeys(edge(place[key], place[other]) for key, other in pairs(found.graph)) if line
    ]
    parts += [shape(box) for box in boxes]
    return "\n".join([*parts, "</svg>", ""])


def pairs(graph: Graph) -> Iterator[tuple[str, str]]:
    """(from, to) of each edge, from what goes in to what comes out."""
    for key, on in graph.below.items():
        for other in on:
            yield other, key


def boxed(found: Trace) -> list[Box]:
    """A box for each thing; many of a kind in one column share one, but for those with which something is wrong."""
    columns = placed(found.graph)
    groups: dict[tuple[int, str], list[Node]] = {}
    for node in found.graph.nodes.values():
        groups.setdefault((columns[node.key], node.kind), []).append(node)
    boxes = []
    for (column, _), nodes in groups.items():
        together = [it for it in nodes if found.state(it) is not False and it.key not in found.start]
        together = together if len(together) > FEW else []
        boxes += [single(found, it, column) for it in nodes if it not in together]
        boxes += [several(found, together, column)] if together else []
    return boxes


def placed(graph: Graph) -> dict[str, int]:
    """The column of each thing: a version stands right of the one that it was promoted from."""
    found: dict[str, int] = {node.key: COLUMN[node.kind] for node in graph.nodes.values() if node.kind in COLUMN}
    versions = [node.key for node in graph.of("version")]
    for _ in versions:  # as often as the longest way can be
        for key in versions:
            before = [found[it] for it in graph.below[key] if it in found and it.startswith("version")]
            found[key] = max(before, default=FIRST_VERSION - 1) + 1
    last = max([found[key] for key in versions], default=FIRST_VERSION - 1)
    found |= {node.key: last + 1 for node in graph.of("deployment")}
    return found | {node.key: last + 2 for node in graph.of("prediction")}


def single(found: Trace, node: Node, column: int) -> Box:
    """A box for one thing."""
    facts = [f"{name} {text}" for name, text in node.facts.items() if text and name not in HIDDEN][:FACTS]
    wrong = [f"{WRONG}{said}" for said in found.seen.get(node.key, [])]
    lines = [short(node.called, BOLD), *map(short, facts)] + [part for said in wrong for part in wrapped(said)]
    return Box((node.key,), node.kind, lines, found.state(node), node.key in found.start, column)


def several(found: Trace, nodes: list[Node], column: int) -> Box:
    """A box for many."""
    lines = [f"{len(nodes)} of them", short(nodes[0].called), "...", short(nodes[-1].called)]
    states = {found.state(node) for node in nodes}
    state = True if states == {True} else None
    return Box(tuple(node.key for node in nodes), nodes[0].kind, lines, state, False, column)


def short(said: str, most: int = LETTERS) -> str:
    return said if len(said) <= most else f"{said[: most - 3]}..."


def wrapped(text: str) -> list[str]:
    """What is wrong is told in full."""
    lines = [""]
    for word in text.split():
        parts = [word[at : at + LETTERS] for at in range(0, len(word), LETTERS)]
        for part in parts:
            if len(lines[-1]) + len(part) + 1 > LETTERS:
                lines.append("")
            lines[-1] = f"{lines[-1]} {part}".strip()
    return lines


def arranged(boxes: list[Box]) -> list[Box]:
    """Places: columns that hold something from left to right, each in the middle of the height."""
    used = sorted({box.column for box in boxes})
    columns = [[box for box in boxes if box.column == column] for column in used]
    heights = [sum(box.height for box in column) + GAP * (len(column) - 1) for column in columns]
    for number, (column, height) in enumerate(zip(columns, heights, strict=True)):
        y = TOP + (max(heights) - height) // 2
        for box in column:
            box.x, box.y = MARGIN + number * (WIDTH + BETWEEN), y
            y += box.height + GAP
    return boxes


def head(found: Trace, width: int, height: int) -> str:
    """The frame, the title, and what the colours mean."""
    what = "what it stands on" if found.direction == "origins" else "what stands on it"
    title = escape(f"{found.thing}: {what}")
    verdict, colour = "everything is as recorded", GOOD[0]
    if found.problems:
        verdict, colour = f"{len(found.problems)} things are not as recorded", BAD[0]
    if not found.seen:
        verdict, colour = "nobody looked", UNSEEN[0]
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
            f"height='{height}' {FONT}>",
            f"<title>{title}</title>",
            "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' orient='auto'>"
            f"<path d='M0 0 L8 4 L0 8 z' fill='{EDGE}'/></marker></defs>",
            f"<rect width='{width}' height='{height}' fill='{PAPER}'/>",
            text(MARGIN, 34, found.thing if len(found.thing) < 60 else f"{found.thing[:57]}...", 18, INK, bold=True),
            text(MARGIN, 54, f"{what}; {verdict}", 13, colour),
            text(MARGIN, 72, "green: looked at, as recorded; red: not as recorded; grey: not looked at", 11, UNSEEN[0]),
        ]
    )


def text(x: int, y: int, said: str, size: int, colour: str, *, bold: bool = False) -> str:
    weight = " font-weight='600'" if bold else ""
    return f"<text x='{x}' y='{y}' font-size='{size}' fill='{colour}'{weight}>{escape(said)}</text>"


def shape(box: Box) -> str:
    """A box with its lines."""
    stroke, fill = {True: GOOD, False: BAD, None: UNSEEN}[box.state]
    weight = 2.5 if box.asked else 1
    parts = [
        f"<rect x='{box.x}' y='{box.y}' width='{WIDTH}' height='{box.height}' rx='6' fill='{fill}' stroke='{stroke}' "
        f"stroke-width='{weight}'/>"
    ]
    y = box.y + PAD + 10
    parts.append(text(box.x + PAD, y, box.kind, 10, stroke))
    first = next((number for number, line in enumerate(box.lines) if line.startswith(WRONG)), len(box.lines))
    for number, line in enumerate(box.lines):
        y += LINE
        colour = BAD[0] if number >= first else INK
        parts.append(text(box.x + PAD, y, line, 11 if number else 12, colour, bold=not number))
    return "\n".join(parts)


def edge(start: Box, end: Box) -> str:
    """A curve from the right side of one box to the left side of the other."""
    x1, y1 = start.x + WIDTH, start.y + start.height // 2
    x2, y2 = end.x - 1, end.y + end.height // 2
    if start is end:
        return ""
    middle = (x1 + x2) // 2
    curve = f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"
    return f"<path d='{curve}' fill='none' stroke='{EDGE}' stroke-width='1.2' marker-end='url(#tip)'/>"
