"""What a season came to: did the system see the change, answer it by itself, and was it right to?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from ...deployment.release import journal
from ...deployment.release.journal import DONE, Release
from ..retraining import asked
from ..retraining.asked import RETRAIN, Signal
from . import diary, otherwise
from .days import Season
from .diary import Entry

LAST = 500


@dataclass(frozen=True)
class Came:
    """The first signal that started a retraining, its release once that is done, and the mean error in three parts.

    `before`: up to the signal's cause (the world's turn, else the signal); `during`: from then on until the new version
    has all callers; `after`: since, and `otherwise` what the version before would have had on the same rows. Not a
    number where there was no such time.
    """

    signal: Signal | None
    release: Release | None
    early: int
    before: float
    during: float
    after: float
    otherwise: float
    errors: pd.DataFrame
    entries: tuple[Entry, ...]

    @property
    def recovered(self) -> bool:
        """Seasons come and go by themselves: what counts is the version before on the same rows."""
        return self.after < self.otherwise


def first(season: Season) -> tuple[Signal | None, Release | None]:
    """The first retraining of production's own asking, and the release that came of it, once it is done."""
    started = [it for it in asked.history(season.world.dev, LAST)[::-1] if it.action == RETRAIN]
    for signal in started:
        for release in journal.latest(season.world.prod, LAST):
            if release.status == DONE and signal.settled.startswith(f"helped: version {release.version},"):
                return signal, release
    return (started[0] if started else None), None


def of(season: Season) -> Came:
    """What came, as of now."""
    world = season.world
    signal, release = first(season)
    turns = season.comes.turns
    began = turns or (datetime.fromisoformat(signal.at) if signal else season.comes.ends)
    over = release.began if release else season.comes.ends
    found = diary.errors(world, season.comes.step)
    signals = [it for it in asked.history(world.dev, LAST) if it.action == RETRAIN]
    early = sum(bool(turns) and datetime.fromisoformat(it.at) < began for it in signals)
    parts = ((season.comes.begins, began), (began, over), (over, season.comes.ends))
    before, during, after = (diary.mean(found, *part) for part in parts)
    old = math.nan
    if release:
        rows = otherwise.rows(world, previous(found, over), *parts[-1])
        steps = diary.stepped(rows["at"], found["at"].iloc[0], season.comes.step)
        found["otherwise"], old = found["at"].map(rows.groupby(steps)["loss"].mean()), float(rows["loss"].mean())
    return Came(signal, release, early, before, during, after, old, found, tuple(diary.entries(world)))


def previous(found: pd.DataFrame, over: datetime) -> str:
    """The version that answered before the new one had all callers: the one of the season's begin."""
    return str(found.loc[found["at"] < pd.Timestamp(over), "version"].iloc[0])


def figure(value: float) -> float | str:
    return "none" if math.isnan(value) else round(value, 3)
