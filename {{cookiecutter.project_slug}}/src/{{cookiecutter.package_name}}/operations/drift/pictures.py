"""Pictures of a check: how the worst columns were and are, and every measure of every column over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.figure import Figure

from . import measures, replays
from .bins import Categories, Numbers
from .check import Checked
from .measures import Floats
from .profile import Grid, Profile, Tally, Watched

BEFORE, AFTER, ALARM, INK = "#a0aec0", "#2b6cb0", "#c53030", "#2d3748"
ACROSS, BARS, STEPS, DOTS = 3, 10, 40, 100
USUAL, MOST = 0.95, 3.0  # of the reference's own stretches; how far beyond that is told apart


def distributions(found: Checked, worst: Sequence[tuple[str, str]], out: Path) -> Path:
    """Before and after, of the columns `worst` (group, name), as the PNG `out`."""
    down = -(-len(worst) // ACROSS)
    figure = Figure(figsize=(4 * ACROSS, 2.9 * down), layout="constrained")
    places = figure.subplots(down, ACROSS, squeeze=False).ravel()
    alarms = {(it.group, it.column) for it in found.alarms}
    for axes, key in zip(places, worst, strict=False):
        reference, window = part_of(found, key)
        of = reference.bins[key[1]]
        sides = [it.tallies[key[1]].present for it in (reference, window)]
        if isinstance(of, Numbers):
            densities(axes, of, *sides)
        else:
            bars(axes, of, *sides)
        axes.set_title(key[1], loc="left", color=ALARM if key in alarms else INK, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    for axes in places[len(worst) :]:
        axes.set_axis_off()
    places[0].legend(frameon=False, fontsize=8)
    return saved(figure, out)


def part_of(found: Checked, key: tuple[str, str]) -> tuple[Profile, Profile]:
    """The two sides in which a column is."""
    parts = zip(found.references, found.windows, strict=True)
    return next(it for it in parts if any((one.group, one.name) == key for one in it[0].watched))


def densities(axes: Any, of: Numbers, before: Any, after: Any) -> None:
    """A numeric column: where its values lie, over the range that holds nearly all of both sides."""
    edges = of.edges
    both = measures.shares(before) + measures.shares(after)
    upto = np.cumsum(both)[:-1] / max(float(both.sum()), 1e-12)
    low, high = (int(np.searchsorted(upto, it)) for it in (0.005, 0.995))
    first, last = edges[max(low - 1, 0)], edges[min(high + 1, len(edges) - 1)]
    grid = np.linspace(first, last if last > first else first + 1, STEPS + 1)
    for side, colour, name, filled in ((before, BEFORE, "before", True), (after, AFTER, "now", False)):
        reached = np.interp(grid, edges, np.cumsum(measures.shares(side))[:-1])
        axes.stairs(np.diff(reached), grid, fill=filled, color=colour, label=name, linewidth=1.6)
    axes.set_yticks([])


def bars(axes: Any, of: Categories, before: Any, after: Any) -> None:
    """A categorical column: the share of each category, the most frequent ones first."""
    names = np.array([*of.names, "the rest", "unseen"], dtype=object)
    sides = [measures.shares(it) for it in (before, after)]
    top = [
        int(at) for at in np.argsort(-(sides[0] + sides[1]), kind="stable")[:BARS] if sides[0][at] + sides[1][at] > 0
    ]
    places = np.arange(len(top))
    for side, colour, name, offset in ((sides[0], BEFORE, "before", 0.2), (sides[1], AFTER, "now", -0.2)):
        axes.barh(places + offset, side[top], height=0.4, color=colour, label=name)
    axes.set_yticks(places, [str(it)[:24] for it in names[top]])
    axes.invert_yaxis()


def over_time(found: Checked, out: Path) -> Path:
    """Each stretch of time against the whole reference: pale is usual, dark is far beyond what is usual."""
    tall = [sum(len(of_stretches(one, one, it)) for it in one.watched) for one in found.references]
    figure = Figure(figsize=(11, 1.2 + 0.17 * sum(tall) + 0.5 * len(tall)), layout="constrained")
    places = figure.subplots(len(tall), 1, squeeze=False, height_ratios=tall).ravel()
    for axes, reference, window in zip(places, found.references, found.windows, strict=True):
        mesh = strip(axes, found, reference, window)
    bar = figure.colorbar(mesh, ax=list(places), shrink=0.5, aspect=30, pad=0.01)
    bar.set_label(f"1: what {1 - USUAL:.0%} of the reference's own stretches exceed", fontsize=8)
    return saved(figure, out)


def strip(axes: Any, found: Checked, reference: Profile, window: Profile) -> Any:
    """One part of the check: a row for each column and measure, the reference on the left, the window on the right."""
    before: list[Floats] = []
    after: list[Floats] = []
    labels = []
    for column in reference.watched:
        usual, now = (of_stretches(reference, it, column) for it in (reference, window))
        for measure, values in usual.items():
            middle, high = np.nanquantile(values, [0.5, USUAL]) if np.isfinite(values).any() else (0.0, 1.0)
            reach = max(float(high - middle), 1e-3)
            before.append((values - middle) / reach)
            after.append((now[measure] - middle) / reach)
            labels.append((f"{column.name} · {measures.SHORT[measure]}", (column.group, column.name, measure)))
    shade = colormaps["YlOrRd"]
    for grid, drawn in ((reference.grid, before), (window.grid, after)):
        if window.rows or grid is reference.grid:
            mesh = axes.pcolormesh(
                times(grid), np.arange(len(labels) + 1), np.array(drawn), cmap=shade, vmin=0, vmax=MOST
            )
    if window.rows:
        axes.axvline(times(window.grid)[0], color=INK, linewidth=1.5)
    axes.set_yticks(np.arange(len(labels)) + 0.5, [name for name, _ in labels], fontsize=7)
    alarms = {(it.group, it.column, it.measure) for it in found.alarms}
    for text, (_, key) in zip(axes.get_yticklabels(), labels, strict=True):
        text.set_color(ALARM if key in alarms else INK)
    axes.invert_yaxis()
    axes.tick_params(axis="x", labelsize=8)
    return mesh


def of_stretches(reference: Profile, side: Profile, column: Watched) -> dict[str, Floats]:
    """Every measure of each stretch of `side` against the whole reference; NaN where a stretch has no row."""
    whole, parts = reference.tallies[column.name], side.tallies[column.name]
    empty = parts.counts.sum(axis=1) == 0
    if column.group == "performance":
        values = {measures.PERFORMANCE: measures.worsening(mean(whole), means(parts))}
        empty = parts.counts[:, :-1].sum(axis=1) == 0
    else:
        rows = max(int(side.rows / max(side.grid.cells, 1)), 1)
        values = replays.measured(reference, column, whole.counts.sum(axis=0), parts.counts, rows)
    return {name: np.where(empty, np.nan, it) for name, it in values.items()}


def means(tally: Tally) -> Floats:
    """The mean by stretch."""
    return np.asarray(tally.totals / np.maximum(tally.counts[:, :-1].sum(axis=1), 1))


def mean(tally: Tally) -> Floats:
    """The mean of all."""
    return np.asarray(tally.totals.sum() / max(tally.rows, 1))


def times(grid: Grid) -> npt.NDArray[np.datetime64]:
    """Where stretches begin and end."""
    return np.asarray((grid.origin + grid.length * np.arange(grid.cells + 1)).astype("datetime64[us]"))


def saved(figure: Figure, out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=DOTS, metadata={"Software": ""})
    return out
