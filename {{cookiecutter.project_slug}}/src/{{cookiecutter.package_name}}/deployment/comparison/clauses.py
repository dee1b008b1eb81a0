"""What is asked of a challenger, clause by clause. Each says what it saw, and what follows where it does not hold.

A clause is held, or broken (and then its `effect` is the decision), or not yet decided: not passed and without effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from . import counts
from .look import Look
from .rows import failed, good
from .sequence import Floats

Decision = Literal["promote", "roll back", "keep looking", "stop as equal"]
Effect = Literal["", "roll back", "stop as equal"]
TAIL = 0.05  # the share of answers that take longer than the 95th percentile
P95 = 1 - TAIL
LIMIT, UNCLIPPED = "limit", "unclipped"
ALONE = "nobody is left to compare with"


@dataclass(frozen=True)
class Clause:
    """One clause's outcome; `passed` is None where it does not apply. `effect` is what follows where it is broken."""

    name: str
    passed: bool | None
    seen: str
    effect: Effect = ""

    @property
    def mark(self) -> str:
        if self.passed is False:
            return "BROKEN" if self.effect == "roll back" else "not yet"
        return "passed" if self.passed else "does not apply"


Answer = tuple[bool | None, str, Effect]


def split(look: Look) -> Answer:
    """The challenger got its share of the callers; of the requests, in the shadow."""
    it = look.sample
    if it.stage.percent == 100:
        return None, "the challenger gets everything", ""
    if not len(it.came):
        return False, "nobody has come yet", ""
    evidence = float(counts.split_evidence(it.came, it.stage.percent / 100)[-1])
    what = "requests" if it.stage.paired else "callers"
    seen = f"{int(it.came.sum()):,} of {len(it.came):,} {what} came to it, {it.stage.percent} % should"
    seen += f"; evidence against that {evidence:.3g}, broken from {1 / look.plan.split.alpha:,.0f} on"
    if evidence >= 1 / look.plan.split.alpha:
        return False, f"split is broken: {seen}", "roll back"
    return True, seen, ""


def errors(look: Look) -> Answer:
    """The challenger does not fail more often than the champion, up to the allowance."""
    it, rule = look.sample, look.plan.guardrails
    ours = failed(it.challenger, it.champion if it.stage.paired else None)
    theirs = failed(it.usual)
    if not len(theirs) and it.stage.percent == 100:
        return None, ALONE, ""
    if not len(ours) or not len(theirs):
        return False, "nothing was answered yet", ""
    low = counts.lowest(float(ours.sum()), len(ours), rule.alpha / 2)
    high = counts.highest(float(theirs.sum()), len(theirs), rule.alpha / 2)
    seen = f"{ours.mean():.2%} of {len(ours):,} failed, surely more than {low:.2%}"
    seen += f"; of the champion's {theirs.mean():.2%}, surely less than {high:.2%}; {rule.errors:.2%} more is allowed"
    if low > high + rule.errors:
        return False, seen, "roll back"
    return enough(len(ours), rule.rows, seen)


def latency(look: Look) -> Answer:
    """The challenger's 95th percentile is not far above the champion's."""
    rule = look.plan.guardrails
    ours, theirs = took(look.sample.challenger), took(look.sample.usual)
    if not len(theirs) and look.sample.stage.percent == 100:
        return None, ALONE, ""
    if len(theirs) < rule.rows or not len(ours):
        return False, f"{len(theirs):,} answers of the champion tell how long it takes, {rule.rows:,} are needed", ""
    usual = float(np.quantile(theirs, P95))
    most = max(rule.latency * usual, usual + rule.slack_ms)
    slow = int((ours > most).sum())
    low = counts.lowest(slow, len(ours), rule.alpha)
    seen = f"p95 {np.quantile(ours, P95):.1f} ms, the champion's {usual:.1f} ms"
    seen += f"; {slow / len(ours):.1%} above {most:.1f} ms, surely more than {low:.1%}; {TAIL:.0%} may be"
    if low > TAIL:
        return False, seen, "roll back"
    return enough(len(ours), rule.rows, seen)


def took(rows: pd.DataFrame) -> Floats:
    """How long answers took, in milliseconds."""
    return rows.loc[good(rows), "latency_ms"].dropna().to_numpy(np.float64)


def tail(look: Look) -> Answer:
    """Losses too great to be counted in full are not more frequent."""
    it = look.sample.costs
    if it.loss.bounded:
        return None, f"{it.loss.name}: no loss is clipped", ""
    if look.sample.stage.percent == 100 or look.few_callers:
        return None, look.few_callers or ALONE, ""
    if not min(look.counted):
        return False, "no losses yet", ""
    rare, low, high = look.tail.last
    allowed = look.plan.guardrails.tail
    seen = f"{-rare:+.2%} more of its losses are above {it.bound:.4g}, surely {-high:+.2%} to {-low:+.2%}"
    seen += f"; {allowed:.2%} is allowed"
    return (False, seen, "roll back") if -high > allowed and look.enough else (True, seen, "")


def unclipped(look: Look) -> Answer:
    """Where the stage proves, the losses as they are do not say the contrary."""
    it = look.sample.costs
    if it.loss.bounded or not look.sample.stage.proves:
        return None, f"{it.loss.name}: no loss is clipped" if it.loss.bounded else "this stage proves nothing", ""
    if not min(look.counted):
        return False, "no losses yet", ""
    found = float(it.raw[~it.challenger].mean() - it.raw[it.challenger].mean())
    return found > 0, f"{found:+.4g} with the losses above {it.bound:.4g} in full", ""


def outcomes(look: Look) -> Answer:
    """Of most answers that are old enough the outcome is known, on both sides."""
    theirs, ours = look.sample.known
    least = look.plan.test.outcomes
    lone = look.sample.stage.percent == 100
    seen = f"known of {ours:.0%} of the challenger's" + ("" if lone else f" and {theirs:.0%} of the champion's")
    return (ours if lone else min(theirs, ours)) >= least, f"{seen}, {least:.0%} are needed", ""


def sample(look: Look) -> Answer:
    """Enough rows with a loss."""
    theirs, ours = look.counted
    needed = f"{look.fewest:,} are needed"
    if look.sample.stage.paired or look.sample.stage.percent == 100:
        return ours >= look.fewest, f"{ours:,} {'pairs' if look.sample.stage.paired else 'rows'}, {needed}", ""
    return look.enough, f"{theirs:,} rows of the champion and {ours:,} of the challenger, {needed}", ""


def gain(look: Look) -> Answer:
    """Where the stage proves: surely better, by more than the effect asked for. Elsewhere: not surely worse."""
    stage, test = look.sample.stage, look.plan.test
    if stage.percent == 100:
        return None, ALONE, ""
    if not min(look.counted):
        return False, "no losses yet", ""
    if look.few_callers:
        return (False if stage.proves else None), look.few_callers, ""
    estimate, low, high = look.path.last
    effect, margin = test.effect * look.usual, test.margin * look.usual
    seen = f"{estimate:+.4g} [{low:+.4g}, {high:+.4g}] of {look.usual:.4g} ({look.sample.costs.loss.name})"
    if high < 0 and look.enough:
        return False, f"surely worse: {seen}", "roll back"
    if low > effect:
        return True, f"surely better: {seen}", ""
    if not stage.proves:
        return True, f"not surely worse: {seen}", ""
    if -margin <= low and high <= margin and look.enough:
        return False, f"no difference beyond {margin:.4g}: {seen}", "stop as equal"
    return False, f"undecided: {seen}; it must surely be above {effect:.4g}", ""


def enough(rows: int, needed: int, seen: str) -> Answer:
    """Passed by enough rows, else not yet."""
    return rows >= needed, seen if rows >= needed else f"{seen}; {needed:,} answers are needed", ""


CLAUSES: dict[str, Callable[[Look], Answer]] = {
    "split": split,
    "errors": errors,
    "latency": latency,
    "tail": tail,
    UNCLIPPED: unclipped,
    "outcomes": outcomes,
    "sample": sample,
    "gain": gain,
}


def ask(look: Look) -> tuple[Clause, ...]:
    """Every clause, none left out because another is broken; then whether there is time left for what is undecided."""
    found = tuple(Clause(name, *clause(look)) for name, clause in CLAUSES.items())
    return (*found, limit(look, decided=all(it.passed is not False or it.effect for it in found)))


def limit(look: Look, *, decided: bool) -> Clause:
    """Looking has an end."""
    test, took = look.plan.test, look.now - look.since
    rows = look.counted[1] if look.sample.stage.paired else sum(look.counted)
    seen = f"{rows:,} of at most {test.rows:,} rows, {took} of at most {test.longest}"
    over = rows >= test.rows or took >= test.longest
    if not over or decided:
        return Clause(LIMIT, True, seen)
    return Clause(LIMIT, False, f"still undecided: {seen}", "stop as equal")
