"""Tests against limits: slices, the time of one request, the size of the file."""

from __future__ import annotations

import time

import numpy as np

from ...errors import ModelError
from ...model import handoff
from .limits import Latency
from .subject import Subject, encoded


def slices(it: Subject) -> str:
    """Every slice of enough rows keeps a share of what the model gains over the naive baseline, by the evaluation."""
    found = handoff.read_json(it.folder / handoff.METRICS)
    metric, policy = it.expected.metric, it.limits.slices
    overall = gained(found["model"].get(metric.name), found["baseline"].get(metric.name), metric.direction)
    if overall is None:
        raise ModelError(f"{handoff.METRICS} has no figures of {metric.name}", fix="train the model again")
    parts = [row for row in found["slices"] if row["rows"] >= policy.rows]
    judged = [
        (row, kept) for row in parts if (kept := gained(row["model"], row["baseline"], metric.direction)) is not None
    ]
    bad = [(row, kept) for row, kept in judged if kept < policy.keep * overall]
    if bad:
        named = "; ".join(f"{row['column']} = {row['value']}: {kept:.0%} of {row['rows']} rows" for row, kept in bad)
        wrong = f"the model takes {overall:.0%} off the naive baseline's {metric.name}, and much less in {named}"
        raise ModelError(wrong, fix="find out why; or change [slices] in modeltests.toml in a reviewed commit")
    return f"{len(judged)} slices of {policy.rows} rows or more, {overall:.0%} better than naive over all rows"


def gained(model: float | None, baseline: float | None, direction: str) -> float | None:
    """Which share of the naive baseline's loss the model takes away; None where that cannot be said."""
    if model is None or baseline is None:
        return None
    ours, naive = (value if direction == "lower" else 1 - value for value in (model, baseline))  # those end at 1
    return (naive - ours) / naive if naive > 0 else None


def latency(it: Subject) -> str:
    """One request, read, checked and scored, within the budget: the best of some rounds, since machines are noisy."""
    budget = it.limits.latency
    bodies = [encoded(record) for record in it.records]
    best_median = best_p95 = float("inf")
    for _ in range(budget.rounds):
        median, p95 = measured(it, bodies, budget)
        best_median, best_p95 = min(best_median, median), min(best_p95, p95)
        if best_median <= budget.median and best_p95 <= budget.p95:
            break
    seen = f"median {best_median:.3g} ms of {budget.median:g}, p95 {best_p95:.3g} ms of {budget.p95:g}"
    if best_median > budget.median or best_p95 > budget.p95:
        raise ModelError(f"{seen} ({it.served.way.sentence})", fix="a smaller model, or [latency] in modeltests.toml")
    return seen


def measured(it: Subject, bodies: list[bytes], budget: Latency) -> tuple[float, float]:
    """(median, 95th percentile) of one round, in milliseconds."""
    taken = []
    for number in range(budget.requests):
        started = time.perf_counter()
        it.one(bodies[number % len(bodies)])
        taken.append((time.perf_counter() - started) * 1000)
    median, p95 = np.quantile(taken, [0.5, 0.95])
    return float(median), float(p95)


def size(it: Subject) -> str:
    """The model file is no larger than the budget."""
    megabytes = (it.folder / handoff.MODEL).stat().st_size / 1e6
    seen = f"{megabytes:.3g} MB of {it.limits.size.megabytes:g}"
    if megabytes > it.limits.size.megabytes:
        raise ModelError(seen, fix="a smaller model, or [size] in modeltests.toml")
    return seen
