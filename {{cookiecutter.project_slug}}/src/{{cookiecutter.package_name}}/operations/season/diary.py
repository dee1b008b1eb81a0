"""What happened in the season, read from what the system itself wrote down: a timeline, and the error by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from ...deployment.comparison import losses
from ...deployment.release import journal
from ...deployment.release.world import World
from ...deployment.serving import joined
from ...training import facts
from ..alerts import journal as alerts
from ..policy import decisions
from ..retraining import asked
from ..retraining.asked import RETRAIN

MOST = 500


@dataclass(frozen=True)
class Entry:
    """Something that happened; `kind` is one of `KINDS`."""

    at: datetime
    kind: str
    said: str

    @property
    def line(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}  {self.kind:<8}  {self.said}"


def entries(world: World) -> list[Entry]:
    """All of it, in order of time; of one moment, in the order in which one leads to the next."""
    found = [it for read in KINDS.values() for it in read(world)]
    return sorted(found, key=lambda it: (it.at, list(KINDS).index(it.kind)))


def signals(world: World) -> Iterator[Entry]:
    """What production told, where that started a retraining."""
    for it in asked.history(world.dev, MOST):
        if it.action == RETRAIN:
            yield Entry(datetime.fromisoformat(it.at), "alarm", f"{it.kind}: {it.said}")


def runs(world: World) -> Iterator[Entry]:
    """Each run: why, and what it came to."""
    for it in facts.latest(world.dev, MOST):
        came = f"version {it.version}" if it.version else it.said.partition("\n")[0]
        yield Entry(datetime.fromisoformat(it.started), "training", f"{it.cause.partition(':')[0]}: {came}")


def decided(world: World) -> Iterator[Entry]:
    """What the policy answered."""
    for it in decisions.history(world.prod):
        yield Entry(datetime.fromisoformat(it.at), "policy", f"version {it.version}: {it.decision} ({it.why})")


def releases(world: World) -> Iterator[Entry]:
    """Each release: its stages, and how it ended."""
    for it in journal.latest(world.prod, MOST):
        steps = [step for step in journal.history(world.prod, it.id) if step.outcome != "wait"]
        for step in steps:
            if "kept" in step.figures or step in (steps[-1],):
                said = step.said.partition("\n")[0].removeprefix(f"{step.step}: ")
                yield Entry(datetime.fromisoformat(step.at), "release", f"version {it.version}, {step.step}: {said}")


def told(world: World) -> Iterator[Entry]:
    """What a person was told of."""
    for it in alerts.latest(world.prod, MOST):
        yield Entry(datetime.fromisoformat(it.began), "alert", f"{it.kind} {it.subject}: {it.said}")


KINDS: dict[str, Callable[[World], Iterator[Entry]]] = {
    "alert": told,
    "alarm": signals,
    "training": runs,
    "release": releases,
    "policy": decided,
}


def errors(world: World, step: timedelta) -> pd.DataFrame:
    """`at` (a step's begin), `loss` (the mean of what callers got), `rows`, `version` (who answered most)."""
    rows = joined.read(world.prod)
    rows = rows[~rows["shadow"] & rows["outcome"].notna() & (rows["status"] == 200)].copy()
    given, read, sure = losses.answers(rows["prediction"], rows["outcome"], world.schema)
    loss = losses.choose(world.schema, sure)
    rows["loss"] = loss.of(given)
    rows = rows[read]
    rows["step"] = stepped(rows["at"], pd.Timestamp(rows["at"].min()).normalize(), step)
    versions = {it.sha256: it.number for it in world.registry(world.dev).versions()}
    rows["version"] = rows["digest"].map(versions).fillna("?")
    found = rows.groupby("step").agg(
        loss=("loss", "mean"), rows=("loss", "size"), version=("version", lambda it: it.mode().iloc[0])
    )
    found.attrs["loss"] = loss.name
    return found.rename_axis("at").reset_index()


def stepped(at: pd.Series, first: pd.Timestamp, step: timedelta) -> pd.Series:
    """The begin of the step in which each moment is."""
    return first + ((at - first) // step) * step


def mean(found: pd.DataFrame, since: datetime, until: datetime) -> float:
    """The mean loss of the rows between two times; not a number where there are none."""
    part = found[(found["at"] >= pd.Timestamp(since)) & (found["at"] < pd.Timestamp(until))]
    return float(np.average(part["loss"], weights=part["rows"])) if len(part) else float("nan")
