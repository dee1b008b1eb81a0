"""A picture of what landed and what was set aside."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import matplotlib as mpl
import pandas as pd

from . import manifest as manifests
from . import parse, quarantine
from .manifest import Manifest

MOST = 60  # bars that can still be told apart


def landed_and_held(root: Path, timestamp: str, out: Path) -> Path:
    """Rows by day, landed and waiting in quarantine, as the PNG `out`."""
    mpl.use("agg")
    from matplotlib import pyplot as plt

    found = manifests.load(root)
    landed, held = days_of([root / file.path for file in found.files], timestamp), waiting(root, found, timestamp)
    days = sorted({*landed, *held})[-MOST:]
    out.parent.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
    good = [landed[day] for day in days]
    axes.bar(days, good, label="landed")
    axes.bar(days, [held[day] for day in days], bottom=good, color="tab:red", label="in quarantine")
    axes.set_xticks(days[:: max(len(days) // 10, 1)])
    axes.tick_params(axis="x", labelrotation=30)
    axes.set_ylabel("rows")
    axes.legend(loc="upper left")
    figure.savefig(out, dpi=120)
    plt.close(figure)
    return out


def days_of(paths: list[Path], timestamp: str) -> Counter[str]:
    """Rows by day, file by file; rows without a readable time are left out."""
    out: Counter[str] = Counter()
    for path in paths:
        values = pd.read_parquet(path, columns=[timestamp], partitioning=None)[timestamp]
        out.update(parse.time(values).dropna().dt.strftime("%Y-%m-%d"))
    return out


def waiting(root: Path, found: Manifest, timestamp: str) -> Counter[str]:
    """Rows by day that wait in the quarantine."""
    paths = [quarantine.folder(root) / name / quarantine.ROWS for name in found.held()]
    return days_of([path for path in paths if path.exists()], timestamp)
