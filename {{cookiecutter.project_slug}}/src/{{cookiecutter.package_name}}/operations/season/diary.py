"""What happened in the season, read from what the system itself wrote down: a timeline, and the error by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from ...deployment.comparison import losses
from ...deployment.release import journal
from ...deployment.release.world import World
from ...deployment.serving import joined
from ...training import facts

MOST = 500  # runs


@dataclass(frozen=True)
class Entry:
    """Something that happened; `kind` is one of world, alarm, training, release, person."""

    at: datetime
    kind: str
    said: str

    @property
    def line(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}  {self.kind:<8}  {self.said}"


def entries(world: World) -> list[Entry]:
    """All of it, in order of time."""
    return sorted([*runs(world), *releases(world)], key=lambda it: it.at)


def runs(world: World) -> list[Entry]:
    """Each run: why, and what it came to."""
    found = []
    for it in facts.latest(world.dev, MOST):
        came = f"version {it.version}" if it.version else it.said.partition("\n")[0]
        found.append(Entry(datetime.fromisoformat(it.started), "training", f"{it.cause}: {it.status}, {came}"))
    return found


def releases(world: World) -> list[Entry]:
    """Each release: its decisions, and how it ended."""
    found = []
    for it in journal.latest(world.prod, MOST):
        for step in journal.history(world.prod, it.id):
            decided = "kept" in step.figures or step.step == "finish"
            if step.outcome != "wait" and decided:
                said = f"version {it.version}, {step.step}: {step.said.partition(': ')[2] or step.said}"
                found.append(Entry(datetime.fromisoformat(step.at), "release", said))
    return found


def errors(world: World, step: pd.Timedelta) -> pd.DataFrame:
    """`at` (a step's begin), `loss` (the mean of what callers got), `rows`, `version` (who answered most)."""
    rows = joined.read(world.prod)
    rows = rows[~rows["shadow"] & rows["outcome"].notna() & (rows["status"] == 200)].copy()
    given, read, sure = losses.answers(rows["prediction"], rows["outcome"], world.schema)
    rows["loss"] = losses.choose(world.schema, sure).of(given)
    rows = rows[read]
    began = pd.Timestamp(rows["at"].min()).normalize()
    rows["step"] = began + ((rows["at"] - began) // step) * step
    versions = {it.sha256: it.number for it in world.registry(world.dev).versions()}
    rows["version"] = rows["digest"].map(versions).fillna("?")
    found = rows.groupby("step").agg(
        loss=("loss", "mean"), rows=("loss", "size"), version=("version", lambda it: it.mode().iloc[0])
    )
    return found.rename_axis("at").reset_index()


def mean(found: pd.DataFrame, since: datetime, until: datetime) -> float:
    """The mean loss of the rows between two times; not a number where there are none."""
    part = found[(found["at"] >= pd.Timestamp(since)) & (found["at"] < pd.Timestamp(until))]
    return float(np.average(part["loss"], weights=part["rows"])) if len(part) else float("nan")
