"""What a stage is judged by: who came to which arm, what each answered, what is known by now, what it cost.

Rows younger than the label delay do not cost anything yet, even where their outcome is known: outcomes that come early
are not like the others (a short trip ends sooner), and whoever counts them first judges another population.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from ...model.project import Schema
from . import costs
from . import rows as records
from .costs import Costs
from .plan import Plan, Stage
from .sequence import Bools


@dataclass(frozen=True)
class Sample:
    """A stage's rows: of pairs both sides in one order. `usual` is the champion's, here or else before the stage.

    `came` says of each caller whether it came to the challenger, in the order of their first request; in the shadow it
    says so of each answered request. `crossed` callers were answered by both.
    """

    stage: Stage
    champion: pd.DataFrame
    challenger: pd.DataFrame
    usual: pd.DataFrame
    came: Bools
    crossed: int
    known: tuple[float, float]
    costs: Costs
    digest: str


def take(
    rows: pd.DataFrame,
    champion: str,
    challenger: str,
    stage: Stage,
    plan: Plan,
    schema: Schema,
    since: datetime,
    now: datetime,
) -> Sample:
    """The rows of [since, now] of a table as `serving.joined.read` gives it; earlier ones only tell what is usual."""
    rows = records.ordered(rows)
    rows = rows[rows["at"] <= pd.Timestamp(now)]
    theirs = rows[(rows["assigned"] == champion) & ~rows["shadow"]]
    ours = rows[
        (rows["assigned"] == challenger) & (rows["shadow"] == stage.paired) & (rows["at"] >= pd.Timestamp(since))
    ]
    earlier = of_same_model(theirs, pd.Timestamp(since))
    theirs = theirs[theirs["at"] >= pd.Timestamp(since)]
    judged = records.digest(pd.concat([earlier, theirs, ours]))
    if stage.paired:
        theirs, ours, came = pair(theirs, ours)
        crossed = 0
    else:
        came, crossed = callers_of(theirs, ours)
    ripe = pd.Timestamp(now) - pd.Timedelta(schema.table.label_delay)
    known = tuple(records.known_share(side[side["at"] <= ripe]) for side in (theirs, ours))
    found = costs.of(earlier, theirs, ours, stage, plan, schema, ripe)
    usual = theirs if len(theirs) else earlier
    return Sample(stage, theirs, ours, usual, came, crossed, (known[0], known[1]), found, judged)


def of_same_model(theirs: pd.DataFrame, since: pd.Timestamp) -> pd.DataFrame:
    """The champion's rows before `since` by the model that it is now: a deployment's name may have had another one."""
    before: pd.DataFrame = theirs[theirs["at"] < since]
    if before.empty or "digest" not in theirs:
        return before
    same: pd.DataFrame = before[before["digest"] == theirs["digest"].iloc[-1]]
    return same


def pair(theirs: pd.DataFrame, ours: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, Bools]:
    """Both sides of the requests that both got, and which of those that the champion answered were copied at all."""
    theirs, ours = theirs.drop_duplicates("request"), ours.drop_duplicates("request")
    copied = theirs["request"].isin(ours["request"])
    came = copied.to_numpy()[records.good(theirs)]
    theirs = theirs[copied].reset_index(drop=True)
    ours = ours.set_index("request").reindex(theirs["request"]).reset_index()
    known = theirs["outcome"].astype(object)
    outcome = known.where(known.notna(), ours["outcome"].astype(object))
    return theirs.assign(outcome=outcome), ours.assign(outcome=outcome, at=theirs["at"]), came


def callers_of(theirs: pd.DataFrame, ours: pd.DataFrame) -> tuple[Bools, int]:
    """(of each caller, whether its first request came to the challenger; how many callers were answered by both)."""
    both = pd.concat([theirs.assign(ours=False), ours.assign(ours=True)]).sort_values("at", kind="stable")
    unit = both["entity"].astype(object).where(both["entity"].notna(), both["request"])
    arms = both.groupby(unit, sort=False)["ours"]
    return arms.first().to_numpy(dtype=bool), int((arms.nunique() > 1).sum())
