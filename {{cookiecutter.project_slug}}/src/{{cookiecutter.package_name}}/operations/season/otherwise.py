"""What callers would have got from the version before, on the very rows that its follower answered."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from ...deployment.comparison import losses
from ...deployment.release.world import World
from ...deployment.serving import joined
from ...model import handoff, score


def mean(world: World, version: str, since: datetime, until: datetime) -> float:
    """The mean loss that `version` of dev would have had from `since` up to before `until`; NaN without such rows."""
    rows = joined.read(world.prod, since, until)
    rows = rows[~rows["shadow"] & rows["outcome"].notna() & (rows["status"] == 200)]
    given = joined.features(world.prod, since, until)
    both = rows.merge(given[~given["shadow"]][["event_id", "features"]], on="event_id")
    if not len(both):
        return float("nan")
    known = world.registry(world.dev)
    with known.files(known.get(version)) as folder:
        loaded = handoff.load(folder)
    records = [{name: row.get(name) for name in loaded.schema.inputs} for row in both["features"]]
    said = pd.Series(score.items(loaded, records), dtype=object)
    found, read, sure = losses.answers(said, both["outcome"], world.schema)
    return float(losses.choose(world.schema, sure).of(found)[read].mean())
