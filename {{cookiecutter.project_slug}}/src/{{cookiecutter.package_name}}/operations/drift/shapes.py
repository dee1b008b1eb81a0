"""What thresholds know of a window: how long it is, and about how many rows it has. Windows alike share them."""

from __future__ import annotations

from dataclasses import dataclass

from .profile import Profile, Watched
from .rules import Rules

STEPS = 8  # numbers of rows between two powers of two that are told apart


@dataclass(frozen=True)
class Shape:
    """`span` is in microseconds, whole stretches of the reference; `judged` are columns, `known` is how many losses."""

    span: int
    rows: int
    judged: tuple[str, ...]
    known: tuple[tuple[str, int], ...]


def of(reference: Profile, window: Profile, rules: Rules) -> Shape:
    """The shape of a window beside its reference."""
    stretches = max(1, round(window.span / reference.grid.length))
    judged = tuple(it.name for it in reference.watched if enough(window, it, rules))
    losses = [it.name for it in reference.watched if it.group == "performance"]
    known = tuple((name, alike(window.tallies[name].rows)) for name in losses)
    return Shape(stretches * reference.grid.length, alike(window.rows), judged, known)


def alike(rows: int) -> int:
    """A number of rows that stands for all that are little larger: fewer rows make a threshold wider, if any."""
    step = 1 << max(rows.bit_length() - STEPS.bit_length(), 0)
    return rows // step * step


def enough(window: Profile, column: Watched, rules: Rules) -> bool:
    """Whether the window has the rows that a judgement needs: missing values tell too, missing losses do not."""
    tally = window.tallies[column.name]
    return (tally.rows if column.group == "performance" else tally.rows + tally.missing) >= rules.check.rows
