"""How often the A/B test errs, and how soon it sees: a thousand replays of each kind, a look every fifty requests.

Run by an emitted repo's Python, from that repo's root: `python .../bench/verdict.py` (the package is found in `src`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from math import sqrt
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from click import echo

REPLAYS, ROWS, EVERY = 1_000, 10_000, 50
Floats = npt.NDArray[np.float64]


def package() -> str:
    """The emitted repo's package, made importable."""
    sys.path.insert(0, "src")
    return next(path.parent.name for path in Path("src").glob("*/layers.py"))


COMPARISON = f"{package()}.deployment.comparison"
SEQUENCE, COUNTS, LOSSES, PLANS = (
    import_module(f"{COMPARISON}.{name}") for name in ("sequence", "counts", "losses", "plan")
)
PLAN = PLANS.read()
Z = 1.96  # what an ordinary 95 % interval would take


@dataclass(frozen=True)
class Seen:
    """What one replay came to: the first look at which each conclusion was drawn, in rows; None where it never was."""

    promoted: int | None
    rolled_back: int | None
    naive: int | None
    naive_back: int | None


def first(hits: npt.NDArray[np.bool_], at: npt.NDArray[np.int64]) -> int | None:
    return int(at[hits.argmax()]) if hits.any() else None


def looks(fewest: int, rows: int) -> npt.NDArray[np.int64]:
    """After how many rows one looks."""
    return np.arange(-(-fewest // EVERY) * EVERY, rows + 1, EVERY)


def tuned(fewest: int) -> float:
    return sqrt(fewest * PLAN.test.rows)


def watch(path: Any, at: npt.NDArray[np.int64], naive_error: Floats) -> Seen:
    """The path at its looks, beside an ordinary interval."""
    ordinary = path.estimate / naive_error[at - 1]
    return Seen(*(first(hits, at) for hits in (path.low > 0, path.high < 0, ordinary > Z, ordinary < -Z)))


def paired(champion: Floats, challenger: Floats, *, bounded: bool = False) -> Seen:
    """A shadow: both losses of each request."""
    fewest = PLAN.shadow.pairs
    cap = 1.0 if bounded else LOSSES.cap(champion, fewest, PLAN.test.clip)
    gains = np.minimum(champion, cap) - np.minimum(challenger, cap)
    at = looks(fewest, len(gains))
    path = SEQUENCE.paired(gains, cap, PLAN.test.alpha, tuned(fewest), at)
    n = np.arange(1, len(gains) + 1)
    mean = np.cumsum(gains) / n
    error = np.sqrt(np.maximum(np.cumsum(gains**2) / n - mean**2, 1e-12) / n)
    return watch(path, at, error)


def ramp(losses: Floats, ours: npt.NDArray[np.bool_], callers: npt.NDArray[np.int64] | None) -> Seen | None:
    """A ramp: each request answered by one of them. None where the arms never hold callers enough to be compared."""
    fewest = PLAN.ramp.rows
    if callers is not None:
        each = [len(np.unique(callers[side])) for side in (~ours, ours)]
        if min(each) < SEQUENCE.FEWEST_ENTITIES or sum(each) < SEQUENCE.FEWEST_IN_ALL:
            return None
    cap = LOSSES.cap(losses[~ours], fewest, PLAN.test.clip)
    clipped = np.minimum(losses, cap)
    counts = [np.cumsum(side) for side in (ours, ~ours)]
    begun = int(np.searchsorted(np.minimum(*counts), fewest)) + 1
    if begun > len(losses) - EVERY:
        return None
    at = looks(begun, len(losses))
    path = SEQUENCE.arms(clipped, ours, callers, cap, PLAN.test.alpha, tuned(fewest), at)
    return watch(path, at, ordinary(clipped, ours, counts))


def ordinary(losses: Floats, ours: npt.NDArray[np.bool_], counts: list[Any]) -> Floats:
    """The standard error that takes each row for a draw of its own."""
    error = np.zeros(len(losses))
    with np.errstate(invalid="ignore", divide="ignore"):
        for side, count in zip((ours, ~ours), counts, strict=True):
            mean = np.cumsum(losses * side) / count
            error += (np.cumsum(losses**2 * side) / count - mean**2) / count
    return np.asarray(np.sqrt(error))


# --- worlds: (random) -> what one replay came to


def boosted(random: np.random.Generator, better: float = 0.0, rows: int = ROWS) -> Seen:
    """Two regressions that miss by noise, half of which they share."""
    shared = random.exponential(1.0, rows)
    champion = shared + random.exponential(1.0, rows)
    challenger = shared * (1 - better) + random.exponential(1.0, rows) * (1 - better)
    return paired(champion, challenger)


def heavy(random: np.random.Generator, better: float = 0.0) -> Seen:
    """Errors by Student's t with one and a half degrees of freedom: their squares have no mean."""
    champion, challenger = (np.abs(random.standard_t(1.5, ROWS)) for _ in range(2))
    return paired(champion, challenger * (1 - better))


def skewed(random: np.random.Generator, seldom: float) -> Seen:
    """One is a little better nearly always, and seldom worse by all that a loss can be: on average they are equal."""
    gains = np.where(random.random(ROWS) < seldom, -1.0, seldom / (1 - seldom))
    return paired(np.maximum(gains, 0.0), np.maximum(-gains, 0.0), bounded=True)


def alike(random: np.random.Generator, over: int) -> Seen:
    """Neighbours resemble each other: for `over` requests or so one of the two is better, and then the other."""
    mood = np.convolve(random.normal(0.0, 1.0, ROWS), np.full(2 * over, (2 * over) ** -0.5), mode="same")
    champion, challenger = (random.exponential(1.0, ROWS) for _ in range(2))
    return paired(champion * np.exp(mood / 4), challenger * np.exp(-mood / 4))


def rare(random: np.random.Generator) -> Seen:
    """Two classifiers that are wrong of one request in a hundred, and not of the same ones."""
    champion, challenger = ((random.random(ROWS) < 0.01).astype(float) for _ in range(2))
    return paired(champion, challenger, bounded=True)


def alone(random: np.random.Generator, share: float, better: float = 0.0) -> Seen | None:
    """A ramp in which each request is drawn by itself."""
    ours = random.random(ROWS) < share
    return ramp(random.exponential(1.0, ROWS) * np.where(ours, 1 - better, 1.0), ours, None)


def sticky(random: np.random.Generator, share: float, callers: int, better: float = 0.0) -> Seen | None:
    """A ramp in which callers stay with their arm, and cost up to several times what others do."""
    who = random.choice(callers, ROWS, p=random.dirichlet(np.full(callers, 2.0)))
    harder, drawn = np.exp(0.5 * random.normal(size=callers)), random.random(callers) < share
    ours = drawn[who]
    return ramp(random.exponential(1.0, ROWS) * harder[who] * np.where(ours, 1 - better, 1.0), ours, who)


def tilted(random: np.random.Generator, meant: float, given: float) -> int | None:
    """A split: after how many callers the check fires."""
    evidence = COUNTS.split_evidence(random.random(ROWS) < given, meant)
    return first(evidence >= 1 / PLAN.split.alpha, np.arange(1, ROWS + 1))


def failing(random: np.random.Generator, rate: float) -> int | None:
    """Errors: after how many answers of the challenger the guardrail is broken; the champion fails 1 %."""
    rule, theirs = PLAN.guardrails, np.cumsum(random.random(ROWS) < 0.01)
    ours = np.cumsum(random.random(ROWS) < rate)
    for at in range(EVERY, 5_000 + 1, EVERY):
        low = COUNTS.lowest(float(ours[at - 1]), at, rule.alpha / 2)
        if low > COUNTS.highest(float(theirs[at - 1]), at, rule.alpha / 2) + rule.errors:
            return at
    return None


# --- tables


def replays(world: Callable[[np.random.Generator], Any], count: int = REPLAYS) -> Iterator[Any]:
    for number in range(count):
        found = world(np.random.default_rng([11, number]))
        if found is not None:
            yield found


def rate(hits: list[int | None], count: int) -> str:
    return f"{sum(hit is not None for hit in hits) / max(count, 1):.1%}"


def middle(hits: list[int | None]) -> str:
    found = [hit for hit in hits if hit is not None]
    return f"{median(found):,.0f}" if found else "never"


def said(name: str, world: Callable[[np.random.Generator], Any], count: int = REPLAYS) -> list[Seen]:
    """A row of the table of a world in which nobody is better."""
    found: list[Seen] = list(replays(world, count))
    columns = ([getattr(it, what) for it in found] for what in ("promoted", "rolled_back", "naive", "naive_back"))
    echo(f"| {name} | {len(found):,} | {' | '.join(rate(it, len(found)) for it in columns)} |")
    return found


def equals() -> bool:
    """Worlds in which nobody is better; gives whether promotions stay within alpha in all of them."""
    echo(f"Nobody is better; {REPLAYS:,} replays of {ROWS:,} requests, a look after every {EVERY}.\n")
    echo("| world | replays | promoted | rolled back | naive test promotes | naive test rolls back |")
    echo("| --- | ---: | ---: | ---: | ---: | ---: |")
    worlds: dict[str, Callable[[np.random.Generator], Any]] = {
        "shadow, regression": boosted,
        "shadow, neighbours alike over 10": lambda it: alike(it, 10),
        "shadow, heavy tails": heavy,
        "shadow, worse by all in 1 of 100": lambda it: skewed(it, 0.01),
        "shadow, worse by all in 1 of 1,000": lambda it: skewed(it, 0.001),
        "shadow, classes, 1 % wrong": rare,
        "ramp 50 %, each request by itself": lambda it: alone(it, 0.5),
        "ramp 5 %, each request by itself": lambda it: alone(it, 0.05),
        "ramp 50 %, 2,000 sticky callers": lambda it: sticky(it, 0.5, 2_000),
        "ramp 50 %, 40 sticky callers": lambda it: sticky(it, 0.5, 40),
        "ramp 25 %, 40 sticky callers": lambda it: sticky(it, 0.25, 40),
    }
    worst = 0.0
    for name, world in worlds.items():
        found = said(name, world)
        worst = max(worst, sum(it.promoted is not None for it in found) / len(found))
    said("(beyond it: alike over 50, of at least 300)", lambda it: alike(it, 50))
    good = worst <= float(PLAN.test.alpha)
    echo(f"\nMost false promotions: {worst:.1%}, aim at most {PLAN.test.alpha:.0%}: {'met' if good else 'NOT MET'}\n")
    return good


def betters() -> None:
    """How often, and after how many requests, an improvement is seen."""
    echo("The challenger is better.\n")
    echo("| world | better by | promoted | median requests | rolled back |\n| --- | ---: | ---: | ---: | ---: |")
    worlds: dict[str, Callable[[np.random.Generator, float], Any]] = {
        "shadow, regression": boosted,
        "shadow, heavy tails": heavy,
        "ramp 50 %, each request by itself": lambda it, better: alone(it, 0.5, better),
        "ramp 50 %, 2,000 sticky callers": lambda it, better: sticky(it, 0.5, 2_000, better),
    }
    for name, world in worlds.items():
        for better in (0.02, 0.05, 0.1, 0.2):
            found = list(replays(lambda it, world=world, better=better: world(it, better), 200))  # type: ignore[misc]
            promoted, back = [it.promoted for it in found], [it.rolled_back for it in found]
            seen = f"{rate(promoted, len(found))} | {middle(promoted)} | {rate(back, len(found))}"
            echo(f"| {name} | {better:.0%} | {seen} |")


def checks() -> None:
    """The split and the errors: how often they fire when they should not, and how soon when they should."""
    echo(f"\nThe split, alpha {PLAN.split.alpha:g}, after every caller.\n")
    echo("| meant | given | fired | median callers |\n| ---: | ---: | ---: | ---: |")
    for meant, given in ((0.5, 0.5), (0.05, 0.05), (0.5, 0.47), (0.5, 0.45), (0.5, 0.4), (0.05, 0.03), (0.05, 0.1)):
        fired = [tilted(np.random.default_rng([13, number]), meant, given) for number in range(REPLAYS)]
        echo(f"| {meant:.0%} | {given:.0%} | {rate(fired, REPLAYS)} | {middle(fired)} |")
    rule = PLAN.guardrails
    echo(f"\nErrors, alpha {rule.alpha:g}; the champion fails one in a hundred, {rule.errors:.0%} more is allowed.\n")
    echo("| the challenger's | broken | median answers |\n| ---: | ---: | ---: |")
    for failed in (0.01, 0.02, 0.05, 0.2, 1.0):
        fired = [failing(np.random.default_rng([17, number]), failed) for number in range(100)]
        echo(f"| {failed:.0%} | {rate(fired, 100)} | {middle(fired)} |")


def main() -> None:
    began = time.perf_counter()
    good = equals()
    betters()
    checks()
    echo(f"\n{time.perf_counter() - began:.0f} s")
    sys.exit(not good)


if __name__ == "__main__":
    main()
