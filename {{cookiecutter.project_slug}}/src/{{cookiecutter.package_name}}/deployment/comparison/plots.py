"""A picture of a release: the gain with its interval over time, stage by stage, and where it was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd

from ...model.project import Schema
from . import samples
from .look import Look
from .plan import Plan
from .sequence import Floats
from .verdict import Verdict

ARRAYS = ("at", "estimate", "low", "high", "counts")  # of a trace
POINTS = 240  # looks that are drawn of a stage
LINE, INK, PALE = "#2b6cb0", "#2d3748", "#718096"
COLOURS = {"promote": "#2f855a", "roll back": "#c53030", "stop as equal": "#718096", "keep looking": "#b7791f"}
SHADES = ("#f7fafc", "#edf2f7")


@dataclass(frozen=True)
class Trace:
    """A stage's gain, in percent of the champion's loss, at looks before its verdict, and whether each counts yet."""

    verdict: Verdict
    at: npt.NDArray[np.datetime64]
    estimate: Floats
    low: Floats
    high: Floats
    counts: npt.NDArray[np.bool_]


def trace(rows: pd.DataFrame, verdict: Verdict, schema: Schema) -> Trace:
    """What the stage of a verdict looked like on the way to it; `rows` are those that it was judged by."""
    it = verdict
    sample = samples.take(rows, it.champion, it.challenger, it.stage, it.plan, schema, it.since, it.now)
    look = Look(sample, it.plan, it.since, it.now)
    times = sample.costs.at[sample.costs.challenger] if it.stage.paired else sample.costs.at
    if not min(look.counted):
        empty = np.zeros(0)
        return Trace(it, empty.astype("datetime64[us]"), empty, empty, empty, empty.astype(bool))
    looks = np.unique(np.linspace(1, len(times), POINTS).astype(np.int64))
    path, percent = look.gains(looks), 100 / (look.usual or 1.0)
    ours = np.cumsum(sample.costs.challenger)
    smaller = looks if it.stage.paired else np.minimum(ours, np.arange(1, len(ours) + 1) - ours)[looks - 1]
    estimate = np.where(np.isfinite(path.low), path.estimate, np.nan)
    low, high = path.low * percent, path.high * percent
    return Trace(it, times[looks - 1], estimate * percent, low, high, smaller >= look.fewest)


def save(found: Trace, path: Path) -> None:
    """Keep a trace beside its verdict: rows that come later do not change what was seen."""
    np.savez(path, **{name: getattr(found, name) for name in ARRAYS})


def load(path: Path, verdict: Verdict) -> Trace:
    """A trace that was kept."""
    with np.load(path) as found:
        return Trace(verdict, **{name: found[name] for name in ARRAYS})


def draw(traces: Sequence[Trace], out: Path, title: str = "") -> Path:
    """The stages one after another, as the PNG `out`."""
    mpl.use("agg")
    from matplotlib import pyplot as plt

    out.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"date.converter": "concise"}):
        figure, axes = plt.subplots(figsize=(10, 4.6), layout="constrained")
        fill(axes, traces, title)
        figure.savefig(out, dpi=120, metadata={"Software": ""})
    plt.close(figure)
    return out


def fill(axes: Any, traces: Sequence[Trace], title: str) -> None:
    """All of the picture."""
    reach, last = limits(traces), traces[-1].verdict
    for number, it in enumerate(traces):
        stage(axes, it, SHADES[number % 2], reach)
    lines(axes, last.plan)
    axes.set(ylim=(-reach, reach), ylabel="gain, % of the champion's loss")
    axes.set_title(title or f"{last.challenger} against {last.champion}", loc="left", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False, fontsize=8)


def limits(traces: Sequence[Trace]) -> float:
    """How far up and down is drawn: what counts of the stage that proves, but for its first and widest intervals."""
    proving = [it for it in traces if it.verdict.stage.proves and it.counts.any()] or traces
    wide = np.concatenate([np.maximum(np.abs(it.low), np.abs(it.high))[it.counts] for it in proving])
    known, test = wide[np.isfinite(wide)], traces[-1].verdict.plan.test
    least = 4 * 100 * max(test.margin, test.effect, 0.005)
    return float(max(least, 1.2 * np.quantile(known, 0.6))) if len(known) else least


def stage(axes: Any, it: Trace, shade: str, reach: float) -> None:
    """One stage: its span, its band, its line, its end. What does not count yet is pale."""
    begun, ended = (time.replace(tzinfo=None) for time in (it.verdict.since, it.verdict.now))
    axes.axvspan(begun, ended, color=shade, zorder=0, linewidth=0)
    name = f"{it.verdict.stage.kind}\n{it.verdict.stage.percent} %"
    axes.annotate(name, (begun, reach), xytext=(4, -4), textcoords="offset points", va="top", color=PALE, fontsize=9)
    low, high, middle = (np.clip(side, -2 * reach, 2 * reach) for side in (it.low, it.high, it.estimate))
    early = ~it.counts | np.r_[~it.counts[1:], False] if it.counts.any() else ~it.counts
    axes.fill_between(it.at, low, high, where=it.counts, color=LINE, alpha=0.2, linewidth=0, zorder=2)
    axes.plot(it.at, np.where(it.counts, middle, np.nan), color=LINE, linewidth=1.6, zorder=3)
    axes.plot(it.at, np.where(early, middle, np.nan), color=LINE, linewidth=0.8, alpha=0.35, zorder=3)
    if it.verdict.decision != "keep looking":
        mark(axes, it, ended, float(middle[-1]) if len(middle) else 0.0, reach)


def mark(axes: Any, it: Trace, ended: datetime, height: float, reach: float) -> None:
    """Where the stage was decided, and how."""
    colour = COLOURS[it.verdict.decision]
    axes.axvline(ended, color=colour, linewidth=1.2, zorder=4)
    if abs(height) < reach:
        axes.plot([ended], [height], marker="o", markersize=7, color=colour, zorder=5, clip_on=False)
    words = axes.annotate(it.verdict.decision, (ended, -reach), xytext=(-3, 5), textcoords="offset points")
    words.set(ha="right", va="bottom", rotation=90, fontsize=9, fontweight="bold", color=colour, zorder=5)


def lines(axes: Any, plan: Plan) -> None:
    """Zero, the margin, the effect that is asked for."""
    margin, effect = 100 * plan.test.margin, 100 * plan.test.effect
    axes.axhline(0, color=INK, linewidth=1, zorder=1)
    axes.axhspan(-margin, margin, color=PALE, alpha=0.14, zorder=1, linewidth=0, label=f"margin, ±{margin:g} %")
    if effect:
        asked = f"effect, {effect:g} %"
        axes.axhline(effect, color=COLOURS["promote"], linewidth=1, linestyle="--", zorder=1, label=asked)
    axes.plot([], [], color=LINE, label="gain")
    surely = f"where it surely lies ({1 - plan.test.alpha:.0%}, at every look)"
    axes.fill_between([], [], [], color=LINE, alpha=0.2, label=surely)
