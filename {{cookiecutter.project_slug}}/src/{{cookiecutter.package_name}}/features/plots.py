"""A picture of a feature: its values over time, and the labels that they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import pyarrow.parquet as pq

from .featureset import ENTITY, TIME, FeatureSet

WINDOWS = 7


def over_time(files: Sequence[Path], found: FeatureSet, out: Path) -> Path:
    """The features of the entity that has most values, over seven of its longest windows, as the PNG `out`."""
    mpl.use("agg")
    from matplotlib import pyplot as plt

    rows = pq.read_table(list(files)[-60:]).to_pandas()
    entity = rows[ENTITY].mode().iloc[0]
    of = rows[rows[ENTITY] == entity].sort_values(TIME)
    of = of[of[TIME] >= of[TIME].max() - WINDOWS * found.longest]
    shown = [it for it in found.features if it.aggregate != "count"] or list(found.features)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
    for it in shown[:4]:
        axes.plot(of[TIME], of[it.name], drawstyle="steps-post", label=it.name, linewidth=1.2)
    axes.set_title(f"{found.index}: {entity}")
    axes.tick_params(axis="x", labelrotation=20)
    axes.legend(loc="upper left")
    figure.savefig(out, dpi=110)
    plt.close(figure)
    return out
