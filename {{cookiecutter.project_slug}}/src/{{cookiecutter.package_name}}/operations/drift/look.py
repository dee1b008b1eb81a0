"""A look at a served model: its window against what it came from. What the loop calls, and `mlops monitor`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ...clock import Clock
from ...errors import DataError
from ...model.project import Schema
from ...workspace import Workspace
from . import check, columns, kept, learn, reference, source, windows
from .check import Checked
from .kept import Shelf
from .reference import Reference
from .rules import Rules


def served(
    place: Workspace, rules: Rules, clock: Clock, found: Reference | None = None, until: datetime | None = None
) -> Checked:
    """The last window before `until` (now) against the reference of the served model, or one that was found before."""
    known = found or reference.find(place, clock, rules.check.block)
    end = until or clock.now()
    rows = windows.recorded(place, known.deployment, known.schema, end - rules.check.window, end)
    return check.run(known.parts, rows, rules, kept.shelf(place))


def tables(before: Path, after: Path, schema: Schema, rules: Rules, shelf: Shelf) -> Checked:
    """One table against another, such as this year's rows against last year's."""
    sides = [source.opened(it) for it in (before, after)]
    if not all(source.rows(it) for it in sides):
        raise DataError("one of the tables has no row", fix="name tables with rows")
    there = set(source.names(sides[0])) & set(source.names(sides[1]))
    watched = columns.table(schema, there)
    time, block = schema.table.timestamp, rules.check.block
    about = kept.about(kept.of_files(before), watched, time, block)
    learned = shelf.profile(about, lambda: learn.run(sides[0], watched, time, block))
    return check.run([learned], [sides[1]], rules, shelf)


def worst(found: Checked, most: int) -> Sequence[tuple[str, str]]:
    """(group, column) of those that are nearest to their thresholds or beyond, worst first."""
    ordered = sorted(found.findings, key=lambda it: -it.ratio)
    return list(dict.fromkeys((it.group, it.column) for it in ordered))[:most]
