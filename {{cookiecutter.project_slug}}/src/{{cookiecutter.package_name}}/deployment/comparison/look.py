"""A sample under a plan: what is enough, and the paths of its losses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from . import sequence
from .plan import Plan
from .samples import Sample
from .sequence import FEWEST_ENTITIES, FEWEST_IN_ALL, Floats, Ints, Path


@dataclass(frozen=True)
class Look:
    """A sample, the plan that it is judged by, and when."""

    sample: Sample
    plan: Plan
    since: datetime
    now: datetime

    @property
    def fewest(self) -> int:
        """Pairs, or rows in each arm, before anything is decided by the loss."""
        return self.plan.shadow.pairs if self.sample.stage.paired else self.plan.ramp.rows

    @property
    def tuned(self) -> float:
        """For how many rows the interval is tightest: between the fewest and the most, on the scale of ratios."""
        return float(np.sqrt(self.fewest * self.plan.test.rows))

    @cached_property
    def counted(self) -> tuple[int, int]:
        """How many rows with a loss the champion and the challenger have."""
        challenger = self.sample.costs.challenger
        return int((~challenger).sum()), int(challenger.sum())

    @property
    def enough(self) -> bool:
        """Whether there are rows enough for an interval to be believed."""
        return min(self.counted) >= self.fewest

    @cached_property
    def path(self) -> Path:
        """The gain: how much less the challenger costs than the champion, per row."""
        return self.gains()

    def gains(self, looks: Ints | None = None) -> Path:
        """The same at earlier looks."""
        it = self.sample.costs
        return self.compare(it.clipped - it.usual, it.bound, self.plan.test.alpha, looks)

    @cached_property
    def tail(self) -> Path:
        """How much rarer the challenger's losses above the bound are."""
        above = (self.sample.costs.raw > self.sample.costs.bound).astype(np.float64)
        return self.compare(above, 1.0, 2 * self.plan.guardrails.alpha)

    def compare(self, values: Floats, bound: float, alpha: float, looks: Ints | None = None) -> Path:
        """The path of what the champion has more of, at `looks`, else after all rows."""
        it = self.sample.costs
        at = np.array([self.counted[1] if self.sample.stage.paired else len(values)]) if looks is None else looks
        if self.sample.stage.paired:
            return sequence.paired(values[~it.challenger] - values[it.challenger], bound, alpha, self.tuned, at)
        return sequence.arms(values, it.challenger, it.callers, bound, alpha, self.tuned, at)

    @cached_property
    def usual(self) -> float:
        """The champion's mean loss, clipped, by which margins are measured."""
        theirs = self.sample.costs.clipped[~self.sample.costs.challenger]
        return float(theirs.mean()) if len(theirs) else 0.0

    @cached_property
    def few_callers(self) -> str:
        """Why the arms' losses cannot be compared: callers stay with their arm, and few are like no others."""
        it = self.sample.costs
        if it.callers is None:
            return ""
        each = [len(np.unique(it.callers[side])) for side in (~it.challenger, it.challenger)]
        if min(each) >= FEWEST_ENTITIES and sum(each) >= FEWEST_IN_ALL:
            return ""
        return f"{each[0]} callers of the champion and {each[1]} of its own are too few to tell models from callers"
