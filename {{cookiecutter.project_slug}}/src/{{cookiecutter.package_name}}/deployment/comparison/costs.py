"""The losses of a stage's rows, clipped, with what is usual for each caller."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...model.project import Schema
from . import losses
from .losses import Loss
from .plan import Plan, Stage
from .rows import good
from .sequence import Bools, Floats, Ints

SHRUNK = 10.0  # rows of the whole that a caller's own earlier mean is weighed against
EARLIER, CHAMPION, CHALLENGER = 0, 1, 2


@dataclass(frozen=True)
class Costs:
    """Losses in time order, as they are and clipped at `bound`, and who answered. Of pairs, both rows are there.

    `usual` is what each row's caller cost before; `callers` are codes, or None where nobody stays with an arm.
    """

    loss: Loss
    bound: float
    raw: Floats
    clipped: Floats
    usual: Floats
    challenger: Bools
    callers: Ints | None
    at: npt.NDArray[np.datetime64]


def of(
    earlier: pd.DataFrame,
    theirs: pd.DataFrame,
    ours: pd.DataFrame,
    stage: Stage,
    plan: Plan,
    schema: Schema,
    ripe: pd.Timestamp,
) -> Costs:
    """The losses of answers up to `ripe` that have an outcome; `earlier` is the champion's before the stage."""
    parts = {EARLIER: earlier, CHAMPION: theirs, CHALLENGER: ours}
    rows = pd.concat([rows.assign(part=part) for part, rows in parts.items()], ignore_index=True)
    rows = rows[good(rows) & rows["outcome"].notna().to_numpy() & (rows["at"] <= ripe).to_numpy()]
    found, read, probable = losses.answers(rows["prediction"], rows["outcome"], schema)
    loss = losses.choose(schema, probable)
    rows = rows.assign(loss=loss.of(found) if len(rows) else 0.0)[read]
    if stage.paired:
        sides = rows[rows["part"] != EARLIER].groupby("request")["part"].transform("size")
        rows = rows[(rows["part"] == EARLIER) | (sides.reindex(rows.index) == 2)]
    rows = rows.sort_values(["at", "request", "part"], kind="stable")
    return counted(rows, loss, bound_of(rows, loss, stage, plan), stage)


def bound_of(rows: pd.DataFrame, loss: Loss, stage: Stage, plan: Plan) -> float:
    """What a row can cost at most: by the loss itself, else by the plan's quantile.

    That is of the champion's last losses before the stage, or, where these are too few, of its first ones in it.
    """
    if loss.bounded:
        return max(1.0, float(rows["loss"].max())) if len(rows) else 1.0
    first = plan.shadow.pairs if stage.paired else plan.ramp.rows
    theirs = rows.loc[rows["part"] != CHALLENGER, "loss"].to_numpy(np.float64)
    before = int((rows["part"] == EARLIER).sum())
    return losses.cap(theirs[max(0, before - first) :], first, plan.test.clip)


def counted(rows: pd.DataFrame, loss: Loss, bound: float, stage: Stage) -> Costs:
    """The stage's own rows."""
    earlier, own = rows[rows["part"] == EARLIER], rows[rows["part"] != EARLIER]
    named = own["entity"].notna().to_numpy()
    callers, expected = None, np.zeros(len(own))
    if not stage.paired and named.any():
        codes = pd.factorize(own["entity"])[0].astype(np.int64)
        callers = np.where(named, codes, len(own) + np.arange(len(own)))
        expected = usual(earlier, own, bound)
    raw = own["loss"].to_numpy(np.float64)
    side = (own["part"] == CHALLENGER).to_numpy()
    at = own["at"].dt.tz_localize(None).to_numpy()
    return Costs(loss, bound, raw, np.minimum(raw, bound), expected, side, callers, at)


def usual(earlier: pd.DataFrame, own: pd.DataFrame, bound: float) -> Floats:
    """What each row's caller cost the champion before this stage, less the mean of all; 0 for one that is new.

    Taking it off makes arms of different callers comparable (Deng, Xu, Kohavi and Walker, "Improving the sensitivity of
    online controlled experiments by utilizing pre-experiment data", WSDM 2013). Means of few rows are drawn to that of
    all.
    """
    if earlier.empty:
        return np.zeros(len(own))
    past = earlier["loss"].clip(upper=bound)
    mine = (past - past.mean()).groupby(earlier["entity"]).agg(["sum", "count"])
    beyond = mine["sum"] / (mine["count"] + SHRUNK)
    return np.asarray(own["entity"].map(beyond).fillna(0.0), dtype=np.float64)
