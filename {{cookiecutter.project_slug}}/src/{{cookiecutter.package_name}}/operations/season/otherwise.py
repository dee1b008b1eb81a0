"""What callers would have got from the version before, on the very rows that its follower answered."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from ...deployment.comparison import losses
from ...deployment.release.world import World
from ...deployment.serving import joined
from ...model import handoff, score


def rows(world: World, version: str, since: datetime, until: datetime) -> pd.DataFrame:
    """`at` and `loss`: what `version` of dev would have had on each row from `since` up to before `until`."""
    answered = joined.read(world.prod, since, until)
    answered = answered[~answered["shadow"] & answered["outcome"].notna() & (answered["status"] == 200)]
    given = joined.features(world.prod, since, until)
    both = answered.merge(given[~given["shadow"]][["event_id", "features"]], on="event_id")
    if not len(both):
        return pd.DataFrame({"at": both["at"], "loss": pd.Series(dtype="float64")})
    known = world.registry(world.dev)
    with known.files(known.get(version)) as folder:
        loaded = handoff.load(folder)
    records = [{name: row.get(name) for name in loaded.schema.inputs} for row in both["features"]]
    said = pd.Series(score.items(loaded, records), dtype=object)
    found, read, sure = losses.answers(said, both["outcome"], world.schema)
    loss = losses.choose(world.schema, sure).of(found)
    return pd.DataFrame({"at": both["at"], "loss": loss})[read].reset_index(drop=True)
