"""Pictures of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

WIDTH, HEIGHT, DOTS = 6.5, 3.2, 90


def learning(curves: Mapping[str, Sequence[Sequence[float]]], path: Path) -> Path | None:
    """Draw the metric on the held-out rows by stage of training into `path`; None where the estimator has no stages."""
    if not curves:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots()
    for name, points in curves.items():
        stages, values = [point[0] for point in points], [point[1] for point in points]
        axes.plot(stages, values, color="#2a7f62", marker="o", markersize=3, linewidth=1.5)
        axes.annotate(f" {values[-1]:.4g}", (stages[-1], values[-1]), color="#2a7f62", va="center")
        axes.set_ylabel(name.removesuffix("_by_iteration").removeprefix("test_"))
    axes.set(title="On rows that it did not learn from", xlabel="stages of training")
    axes.margins(x=0.1)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=DOTS, metadata={"Software": ""})
    return path


def gains(found: Mapping[str, Mapping[str, Any]], path: Path) -> Path:
    """Draw the gain over the naive baseline of each evaluation, with the interval by which the gate decides."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(WIDTH, 1.2 + 0.6 * len(found)), layout="constrained")
    axes = figure.subplots()
    for at, one in enumerate(found.values()):
        low, high = (one[name] if one[name] is not None else one["gain"] or 0.0 for name in ("low", "high"))
        colour = "#2a7f62" if low > 0 else "#b3261e"
        axes.plot([low, high], [at, at], color=colour, linewidth=6, solid_capstyle="butt", alpha=0.5)
        axes.plot([one["gain"] or 0.0], [at], color=colour, marker="o")
    axes.axvline(0.0, color="black", linewidth=1)
    axes.set_yticks(range(len(found)), list(found))
    axes.set_ylim(len(found) - 0.4, -0.6)
    metric = next(iter(found.values()))["metric"]
    axes.set(
        title="The clause `baseline`: all of the interval is right of zero",
        xlabel=f"gain over the naive baseline, {metric}",
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=DOTS, metadata={"Software": ""})
    return path
