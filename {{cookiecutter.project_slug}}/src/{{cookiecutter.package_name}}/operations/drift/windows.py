"""The rows that a window is made of: what an endpoint recorded, or a table that somebody has."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pyarrow as pa

from ...deployment.comparison import rows as records
from ...deployment.serving import joined
from ...deployment.serving.state import Deployment
from ...model import frame
from ...model.project import Schema
from ...workspace import Workspace
from . import reference as references

OK = 200


def recorded(
    place: Workspace, deployment: Deployment, schema: Schema, since: datetime, until: datetime
) -> tuple[pa.Table, pa.Table]:
    """(what came in, what this deployment's model answered) from `since` up to before `until`.

    What came in is that of all live requests: while traffic is split, one deployment's callers are not like all. A loss
    counts from the label delay on, before which early outcomes are not like the others.
    """
    found = records.ordered(joined.read(place, since, until, forced=True).assign(forced=False))
    live = found[~found["shadow"].to_numpy()]
    return inputs(place, live, schema, since, until), answers(live, deployment, schema, until)


def inputs(place: Workspace, live: pd.DataFrame, schema: Schema, since: datetime, until: datetime) -> pa.Table:
    """The features of requests that were answered, by the schema's columns; what a request leaves out is missing."""
    answered = set(live.loc[live["status"] == OK, "event_id"])
    found = joined.features(place, since, until)
    found = found[found["event_id"].isin(answered)]
    given = pd.DataFrame(found["features"].tolist(), index=found.index, columns=list(schema.columns))
    typed = frame.typed(given, schema, columns=tuple(schema.columns))
    arrays = {
        name: pa.array(typed[name], pa.string() if column.kind == "categorical" else pa.float64(), from_pandas=True)
        for name, column in schema.columns.items()
    }
    return pa.table({schema.table.timestamp: moments(found["at"]), **arrays})


def answers(live: pd.DataFrame, deployment: Deployment, schema: Schema, until: datetime) -> pa.Table:
    """What the model answered to live requests, and the loss where the outcome is known and due."""
    found = live[(live["digest"] == deployment.digest).to_numpy() & records.good(live)]
    due = (found["at"] <= pd.Timestamp(until) - schema.table.label_delay).to_numpy()
    return references.answered(found["at"], found["prediction"], found["outcome"].where(due), schema)


def moments(at: pd.Series) -> pa.Array:
    """Times as microseconds in UTC without a zone."""
    return pa.array(frame.as_timestamp(at).to_numpy())
