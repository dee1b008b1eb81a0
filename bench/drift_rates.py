"""How often a drift check alarms for nothing, and how soon it sees a shift of a known size."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np
from click import echo

from . import drift_rows as made

REPLAYS, WORLDS, SHIFTS, A_DAY, WEEK = 200, 40, (0.1, 0.25, 0.5, 1.0), 200, 7
KINDS = {"differ by 0.23 standard deviations": 0.2, "are alike": 0.0}  # the step by which levels wander


class World:
    """Some weeks of one seed as the reference, and the week after them with or without a shift."""

    def __init__(self, seed: int, weeks: int = 8, step: float = 0.2) -> None:
        random, days = np.random.default_rng([seed, 1]), (weeks + 1) * WEEK
        at = np.repeat(np.arange(days), A_DAY)
        table = made.rows(random, at, made.wandering(random, days, step))
        self.week, self.rules = table.slice(weeks * WEEK * A_DAY), made.module("rules").read()
        before, block = table.slice(0, weeks * WEEK * A_DAY), self.rules.check.block
        self.reference = made.module("learn").run(before, made.watched(), "at", block)
        self.limits: Any = None

    def alarms(self, shift: float = 0.0, days: int = 0) -> set[str]:
        """The columns that a check of the week finds, in whose last days `number_00` is greater by `shift`."""
        moved = self.week["number_00"].to_numpy() + shift * (np.arange(len(self.week)) >= (WEEK - days) * A_DAY)
        at = self.week.schema.get_field_index("number_00")
        week = self.week.set_column(at, "number_00", made.pa.array(moved))
        window = made.module("profile").window(week, self.reference)
        self.limits = self.limits or made.module("calibrate").thresholds([self.reference], [window], self.rules)
        found = made.module("check").judge([self.reference], [window], self.limits)
        return {it.column for it in found.alarms}


def run(replays: int = REPLAYS, worlds: int = WORLDS) -> None:
    """Both, as Markdown."""
    stated = made.module("rules").read().check.false_alarms
    alarms = sum(bool(World(seed).alarms()) for seed in range(replays))
    words = f"{alarms} of {replays} alarmed ({alarms / replays:.1%}; stated are {stated:.1%})"
    echo(f"\nChecks of a week without drift against the eight weeks before: {words}.\n")
    echo(f"One of 20 columns shifts: {A_DAY} rows a day, a window of a week, {worlds} worlds for each kind.\n")
    echo("| days | reference | shift, standard deviations | seen after a day | within a week | days until then |")
    echo("| --- | ---: | ---: | ---: | ---: | ---: |")
    for kind, step in KINDS.items():
        for weeks in (8, 26):
            every = [World(1000 + seed, weeks, step) for seed in range(worlds)]
            for shift in SHIFTS:
                echo(f"| {kind} | {weeks} weeks | {shift:g} | {' | '.join(seen(every, shift))} |")


def seen(worlds: list[World], shift: float) -> list[str]:
    """(share seen on the first day, share seen within the week, the median of days)."""
    firsts = []
    for world in worlds:
        days = (day for day in range(1, WEEK + 1) if "number_00" in world.alarms(shift, day))
        firsts.append(next(days, None))
    hits = [it for it in firsts if it is not None]
    at_once = sum(it == 1 for it in hits)
    wait = f"{median(hits):g}" if hits else "never"
    return [f"{at_once / len(firsts):.0%}", f"{len(hits) / len(firsts):.0%}", wait]
