"""A window held against its reference: every column by every measure, with its threshold, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from . import bins, calibrate, measures, profile, pvalues, replays, shapes
from .calibrate import Key, Threshold
from .kept import Shelf
from .measures import BOUNDED, PERFORMANCE, SHORT
from .profile import Group, Profile, Watched
from .rules import Rules
from .source import Source


@dataclass(frozen=True)
class Finding:
    """One column by one measure. `share` is that of windows without drift which reach the value; `p` as pvalues.py.

    `drifted` is None where the window has too few rows to say.
    """

    group: Group
    column: str
    measure: str
    value: float
    threshold: float | None
    share: float | None
    p: float | None
    rows: int
    before: str
    after: str
    drifted: bool | None

    @property
    def ratio(self) -> float:
        """The value in thresholds; 0 where nothing was judged."""
        return self.value / self.threshold if self.threshold else 0.0

    @property
    def sentence(self) -> str:
        name = f"{self.column}: {SHORT[self.measure]} {self.value:.4g}"
        if self.threshold is None:
            return f"{name}, not judged: {self.rows:,} rows are too few"
        return f"{name}, threshold {self.threshold:.4g} ({self.before} -> {self.after})"


@dataclass(frozen=True)
class Checked:
    """A check as a whole. `references` and `windows` are the counts that it was made from, part by part."""

    findings: tuple[Finding, ...]
    thresholds: Mapping[Key, Threshold]
    references: tuple[Profile, ...]
    windows: tuple[Profile, ...]

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """What drifted, worst first."""
        return tuple(sorted((it for it in self.findings if it.drifted), key=lambda it: -it.ratio))

    @property
    def drifted(self) -> bool:
        return bool(self.alarms)

    @property
    def groups(self) -> tuple[Group, ...]:
        """About what there is an alarm: features, target, prediction, performance."""
        return tuple(dict.fromkeys(it.group for it in self.alarms))

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Columns with too few rows."""
        return tuple(dict.fromkeys(it.column for it in self.findings if it.drifted is None))

    @property
    def blind(self) -> tuple[tuple[str, str], ...]:
        """(column, measure) whose threshold cannot be reached: the reference is too short for windows as long."""
        return tuple(
            (it.column, it.measure)
            for it in self.findings
            if it.threshold and it.measure in BOUNDED and it.threshold >= 1
        )

    @property
    def sentence(self) -> str:
        rows = max((it.rows for it in self.windows), default=0)
        if self.alarms:
            columns = list(dict.fromkeys(it.column for it in self.alarms))
            return f"DRIFT in {', '.join(columns)} ({rows:,} rows); worst is {self.alarms[0].sentence}"
        if len(self.unjudged) == len({it.column for it in self.findings}):
            return f"NOT JUDGED: {rows:,} rows in the window are too few"
        return f"no drift: {len(self.findings)} checks on {rows:,} rows"

    def as_json(self) -> dict[str, Any]:
        """What `monitor.json` holds."""
        parts = zip(self.references, self.windows, strict=True)
        about = [{"reference": described(one), "window": described(other)} for one, other in parts]
        return {
            "drifted": self.drifted,
            "groups": list(self.groups),
            "sentence": self.sentence,
            "unjudged": list(self.unjudged),
            "blind": [list(it) for it in self.blind],
            "parts": about,
            "findings": [asdict(it) for it in self.findings],
        }


def described(it: Profile) -> dict[str, Any]:
    """Rows and time of a side; without rows there is no time."""
    if not it.rows:
        return {"rows": 0, "from": None, "to": None}
    first = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=it.grid.origin)
    return {"rows": it.rows, "from": first.isoformat(), "to": (first + timedelta(microseconds=it.span)).isoformat()}


def run(references: Sequence[Profile], windows: Sequence[Source], rules: Rules, shelf: Shelf | None = None) -> Checked:
    """Count the windows, one for each part of the reference, and judge them; on a shelf the thresholds are kept."""
    counted = [profile.window(it, of) for it, of in zip(windows, references, strict=True)]
    limits = (shelf or calibrate).thresholds(references, counted, rules)
    return judge(references, counted, limits)


def judge(references: Sequence[Profile], windows: Sequence[Profile], limits: Mapping[Key, Threshold]) -> Checked:
    """Every column by every measure."""
    found = [
        finding
        for reference, window in zip(references, windows, strict=True)
        for column in reference.watched
        for finding in of_column(reference, window, column, limits)
    ]
    return Checked(tuple(found), limits, tuple(references), tuple(windows))


def of_column(reference: Profile, window: Profile, column: Watched, limits: Mapping[Key, Threshold]) -> list[Finding]:
    """One column's findings."""
    a, b = (side.tallies[column.name].counts.sum(axis=0) for side in (reference, window))
    out = []
    for measure, value in values_of(reference, window, column, a, b).items():
        limit = limits.get((column.group, column.name, measure))
        before, after = (spoken(side, column, measure) for side in (reference, window))
        out.append(
            Finding(
                group=column.group,
                column=column.name,
                measure=measure,
                value=float(value),
                threshold=limit.limit if limit else None,
                share=limit.share(float(value)) if limit else None,
                p=pvalues.p_value(measure, float(value), a[:-1], b[:-1]),
                rows=window.tallies[column.name].rows,
                before=before,
                after=after,
                drifted=bool(value > limit.limit) if limit else None,
            )
        )
    return out


def spoken(side: Profile, column: Watched, measure: str) -> str:
    """What a measure is about, on one side, for people."""
    tally = side.tallies[column.name]
    if measure == measures.MISSING:
        return f"{tally.missing / max(tally.missing + tally.rows, 1):.1%}"
    if measure == PERFORMANCE:
        return f"mean {tally.totals.sum() / max(tally.rows, 1):.4g}"
    return bins.shown(side.bins[column.name], tally.present)


def values_of(reference: Profile, window: Profile, column: Watched, a: Any, b: Any) -> dict[str, Any]:
    """Every measure of a column over the whole window."""
    before, after = reference.tallies[column.name], window.tallies[column.name]
    if column.group == "performance":
        means = [np.asarray(it.totals.sum() / max(it.rows, 1)) for it in (before, after)]
        return {PERFORMANCE: measures.worsening(means[0], means[1])}
    beyond = after.beyond / max(after.rows, 1)
    return replays.measured(reference, column, a, b, shapes.alike(window.rows), beyond)
