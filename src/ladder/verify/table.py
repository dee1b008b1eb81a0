"""The report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import shorten

from .contract import LEVELS
from .gaps import Next
from .judge import ABSENT, ATTESTED, FAILED, NOT_RUN, PROVEN, Verdict
from .report import Report, named

MARKS = {PROVEN: "✓", ATTESTED: "✎", ABSENT: "○", FAILED: "✗", NOT_RUN: "·"}
WIDE = 118
FEW = 5  # files that are named


def lines(report: Report) -> Iterator[str]:
    """A line for each statement, the scopes, the level, and what is missing for the next."""
    for level in LEVELS:
        rows = [it for it in report.verdicts if it.statement.level == level]
        if rows:
            yield f"Level {level}"
            yield from (row(it) for it in rows)
    yield ""
    for scope, counts in report.scopes.items():
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        yield f"{scope:<14} {told or 'nothing to look at'}"
    yield from ("", *reached(report))
    if report.next:
        yield from missing(report.next)


def row(it: Verdict) -> str:
    """A statement on one line; how it was looked at, where that was more than reading."""
    how = "+".join(dict.fromkeys(look.how for look in it.evidence if look.holds is not None))
    told = f"{MARKS[it.verdict]} {it.statement.id}  {it.verdict:<18} {how:<9} "
    said = it.statement.text if it.verdict in (PROVEN, ATTESTED) else f"{it.statement.text} [{it.said}]"
    if it.statement.kind == "deficit" and it.verdict == PROVEN:
        said = f"gone: {it.statement.text}"
    return told + shorten(said, WIDE - len(told), placeholder=" ...")


def reached(report: Report) -> Iterator[str]:
    """The level, in a sentence each on what it stands."""
    yield f"{named(report.level)} reached, in {report.seconds:.1f} s" + (", by reading alone" if report.static else "")
    if report.level is None:
        yield "  the capability of level 0 failed: no model is handed over with its inputs and outputs"
    if report.other:
        yield f"  .ladder.json says that level {report.recorded} was emitted here"
    for it in report.unproven:
        yield f"  not proven: {it.statement.id}: {it.said}"
    if report.unread:
        more = f" and {len(report.unread) - FEW} more" if len(report.unread) > FEW else ""
        told = ", ".join(f"{path} ({why})" for path, why in sorted(report.unread.items())[:FEW])
        yield f"  nothing was seen in {told}{more}"
    if not report.holds:
        yield f"  level {report.asked} was asked for"


def missing(found: Next) -> Iterator[str]:
    """The gap list."""
    yield (
        f"missing for level {found.level}:" if found.gaps else f"nothing is known to be missing for level {found.level}"
    )
    for gap in found.gaps:
        yield f"  {gap.statement.id}  {gap.said}"
        if gap.absent:
            yield f"         adds: {' '.join(gap.absent)}"
        if gap.present:
            yield f"         look: {' '.join(gap.present)}"
    if found.gaps and found.command:
        yield f"  {found.command} adds what is not there"
