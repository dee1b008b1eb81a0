"""What becomes of a batch: lands, lands without a few bad rows, or is refused whole."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..model.project import Project
from . import merge, parse, suite
from .gate import Finding, Gate, Verdict
from .history import History
from .layout import Layout

FEW, SHARE = 3, 0.01  # bad rows up to this number, or this share of the batch, are set aside alone
UNFIT = "cannot be stored: a key, a time or a value cannot be read"


@dataclass(frozen=True)
class Judged:
    """Rows that may land (one version each), the places of the bad ones with the reasons, and how many were repeats."""

    good: pd.DataFrame
    bad: dict[int, list[str]]
    repeats: int
    refused: bool
    verdicts: dict[str, Verdict]

    @property
    def findings(self) -> list[Finding]:
        return [finding for verdict in self.verdicts.values() for finding in verdict.findings]

    def why(self, rows: int) -> tuple[str, ...]:
        """The findings on a batch of `rows` in words."""
        out = [it.says if not it.count else f"{it.says}: {it.count:,} of {rows:,} rows" for it in self.findings]
        unfit = sum(UNFIT in reasons for reasons in self.bad.values())
        return (*out, *([f"{UNFIT}: {unfit:,} of {rows:,} rows"] if unfit else []))


def tolerated(rows: int) -> int:
    """How many bad rows of a batch are set aside alone; more mean that something is wrong with all of it."""
    return max(FEW, int(SHARE * rows))


def judge(
    parsed: pd.DataFrame, project: Project, layout: Layout, history: History, gate: Gate, *, strict: bool = False
) -> Judged:
    """Put a batch (index 0, 1, 2 ...) before both suites. `strict`: one bad row refuses it all."""
    limit = 0 if strict else tolerated(len(parsed))
    readable = gate.judge("readable", parsed, suite.readable(layout))
    bad = reasons(readable, parsed.index)
    verdicts = {"readable": readable}
    if refuses(readable, bad, limit):
        return Judged(layout.rows(parsed.iloc[:0]), bad, 0, True, verdicts)
    for at in unfit(parsed, layout):
        bad.setdefault(at, [UNFIT])
    left = layout.rows(parsed.drop(index=list(bad)))
    rows = merge.newest(left, layout)
    expectations = suite.plausible(project, layout, history, len(rows))
    plausible = gate.judge("plausible", rows.reset_index(drop=True), expectations) if len(rows) else Verdict()
    bad |= reasons(plausible, rows.index)
    verdicts["plausible"] = plausible
    refused = refuses(plausible, bad, limit)
    good = rows.iloc[:0] if refused else rows.drop(index=[at for at in bad if at in rows.index])
    return Judged(one_each(good, layout), bad, len(left) - len(rows), refused, verdicts)


def accepted(parsed: pd.DataFrame, layout: Layout) -> Judged:
    """What a person lands against the expectations: every row that can be stored; the others are told apart."""
    bad = {at: [UNFIT] for at in unfit(parsed, layout)}
    left = layout.rows(parsed.drop(index=list(bad)))
    good = one_each(merge.newest(left, layout), layout)
    return Judged(good, bad, len(left) - len(good), False, {})


def one_each(rows: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """One row for each identity, the last given; partitions could not be merged otherwise."""
    return rows.drop_duplicates(list(layout.identity), keep="last")


def refuses(verdict: Verdict, bad: dict[int, list[str]], limit: int) -> bool:
    """Whether the batch is bad as a whole, or in too many rows."""
    return any(finding.whole for finding in verdict.findings) or len(bad) > limit


def reasons(verdict: Verdict, index: pd.Index) -> dict[int, list[str]]:
    """Place in the batch -> what is wrong there."""
    out: dict[int, list[str]] = {}
    for finding in verdict.findings:
        for at in finding.rows:
            out.setdefault(int(index[at]), []).append(finding.says)
    return out


def unfit(parsed: pd.DataFrame, layout: Layout) -> list[int]:
    """Places of the rows that have no place in a typed, dated, keyed table, whatever the expectations say."""
    wrong = pd.Series(False, index=parsed.index)
    for name, kind in layout.types.items():
        if name in parsed:
            wrong |= parse.unread(parsed[name], kind)
            if name in layout.required:
                wrong |= parsed[name].isna()
    return [int(at) for at in parsed.index[wrong]]
