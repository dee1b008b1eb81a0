"""Joined records with a known truth: what a champion and a challenger answered, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from {{cookiecutter.package_name}}.deployment.comparison import plan as plans
from {{cookiecutter.package_name}}.model import project

SINCE = datetime(2026, 3, 2, tzinfo=UTC)
NOW = SINCE + timedelta(days=2)
BLUE, GREEN = "blue", "green"
METRICS = {"regression": ("mae", "lower"), "binary": ("log_loss", "lower"), "multiclass": ("accuracy", "higher")}
Floats = npt.NDArray[np.float64]


def schema(task: str = "regression", metric: str = "", *, label_delay: str = "0s") -> project.Schema:
    """A schema whose metric is `metric`, else the task's usual one."""
    name, direction = METRICS[task]
    direction = dict(project.METRICS[task])[metric] if metric else direction  # type: ignore[index]
    raw = {
        "source": {"folder": "drop"},
        "table": {"path": "rows.csv", "timestamp": "at", "target": "y", "entity": "zone", "label_delay": label_delay},
        "columns": {"km": {"kind": "numeric"}, "zone": {"kind": "categorical"}},
        "training": {"task": task},
        "metric": {"name": metric or name, "direction": direction},
    }
    return project.parse(raw).schema_only


def plan(**tables: Any) -> plans.Plan:
    """The plan of this repo's kind, with other values where given: `plan(test={"alpha": 0.1})`."""
    return plans.parse(tables)


def times(count: int, start: datetime = SINCE, end: datetime = NOW) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.date_range(start, end, periods=count + 2)[1:-1])


@dataclass
class World:
    """Requests with true outcomes; models that miss them by noise of a given size."""

    seed: int = 1
    mean_error: float = 3.0

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def errors(self, count: int, better: float) -> Floats:
        """Prediction errors whose mean size is `better` less than the champion's, as a share."""
        return np.asarray(
            self.random.exponential(self.mean_error * (1 - better), count) * self.random.choice([-1, 1], count)
        )

    def answers(
        self,
        deployment: str,
        actual: Floats,
        errors: Floats,
        at: pd.DatetimeIndex,
        request: list[str],
        *,
        shadow: bool = False,
    ) -> pd.DataFrame:
        count = len(actual)
        return pd.DataFrame(
            {
                "event_id": [f"{name}-{deployment}" for name in request],
                "at": at,
                "request": request,
                "entity": None,
                "deployment": deployment,
                "digest": deployment,
                "shadow": shadow,
                "status": 200,
                "latency_ms": self.random.gamma(4.0, 1.0, count),
                "prediction": actual + errors,
                "outcome": actual,
            }
        )

    def shadow(self, pairs: int, better: float = 0.0, *, percent: int = 50) -> pd.DataFrame:
        """Requests that the champion answers, of which `pairs` are copied; both models miss independently."""
        count = pairs * 100 // percent
        actual, at, names = self.random.normal(20, 5, count), times(count), [f"s{number}" for number in range(count)]
        live = self.answers(BLUE, actual, self.errors(count, 0.0), at, names)
        copied = np.zeros(count, dtype=bool)
        copied[self.random.permutation(count)[:pairs]] = True
        chosen = [name for name, it in zip(names, copied, strict=True) if it]
        ours = self.answers(GREEN, actual[copied], self.errors(pairs, better), at[copied], chosen, shadow=True)
        return pd.concat([live, ours], ignore_index=True)

    def ramp(
        self,
        count: int,
        better: float = 0.0,
        *,
        percent: int = 25,
        callers: int = 0,
        spread: float = 0.0,
        start: datetime = SINCE,
    ) -> pd.DataFrame:
        """Requests of which the challenger answers a share; with `callers`, each of them always by the same arm.

        `spread` is by how much callers differ: what one costs is up to so many times what another does.
        """
        actual, at = self.random.normal(20, 5, count), times(count, start, start + (NOW - SINCE))
        names = [f"r{start:%d%H}-{number}" for number in range(count)]
        entity = np.arange(count) if not callers else self.random.integers(0, callers, count)
        drawn = np.random.default_rng([self.seed, 7]).random(max(callers, count)) < percent / 100
        ours = drawn[entity]
        harder = np.exp(spread * np.random.default_rng([self.seed, 8]).normal(size=max(callers, count)))[entity]
        errors = np.where(ours, self.errors(count, better), self.errors(count, 0.0)) * harder
        rows = self.answers(BLUE, actual, errors, at, names)
        rows["deployment"] = np.where(ours, GREEN, BLUE)
        rows["entity"] = [f"zone {number}" for number in entity] if callers else None
        return rows
