"""The season as a picture: what callers' answers were wrong by, who answered, and what happened when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .diary import Entry

COLOURS = {
    "alert": "#b7791f",
    "alarm": "#c01f2e",
    "training": "#7a4bb5",
    "release": "#1a7f4b",
    "policy": "#2b6cb0",
    "world": "#444444",
}
OLD = "the version before would have had"
SMOOTHED = 3  # steps


def draw(found: pd.DataFrame, entries: Sequence[Entry], turns: datetime | None, out: Path) -> Path:
    """Draw `diary.errors` with the diary's entries as lines; gives the picture's path."""
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    for version, part in found.groupby("version", sort=False):
        above.plot(part["at"], part["loss"], "o", markersize=3, label=f"answered by version {version}")
    if "otherwise" in found:
        above.plot(found["at"], found["otherwise"], "o", color="#888888", fillstyle="none", markersize=4, label=OLD)
    smooth = found["loss"].rolling(SMOOTHED, min_periods=1).mean()
    above.plot(found["at"], smooth, color="#888888", linewidth=1.5)
    if turns:
        above.axvline(turns, color=COLOURS["world"], linestyle=":", label="the world changes; nobody tells the system")
    for kind, colour in COLOURS.items():
        times = [it.at for it in entries if it.kind == kind]
        below.plot(times, [list(COLOURS).index(kind)] * len(times), "|", color=colour, markersize=14, markeredgewidth=2)
    kinds = [it for it in COLOURS if it != "world"]
    below.set_yticks([list(COLOURS).index(it) for it in kinds], kinds)
    below.set_ylim(-0.6, len(kinds) - 0.4)
    above.set_ylabel(f"{found.attrs['loss']}, mean of a step")
    above.set_ylim(bottom=0)
    above.legend(loc="lower right", fontsize=8)
    dates = mdates.AutoDateLocator()  # type: ignore[no-untyped-call]
    below.xaxis.set_major_formatter(mdates.ConciseDateFormatter(dates))  # type: ignore[no-untyped-call]
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)
    return out
