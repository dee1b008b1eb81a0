"""How a feature store stands: what is computed, how far it lags, which runs there were."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..data import manifest as manifests
from . import record
from .featureset import FeatureError, FeatureSet
from .online import MATERIALISE, naive


@dataclass(frozen=True)
class Standing:
    """A feature set's state. `lag` is how much later than its last complete interval values could be known."""

    feature_set: FeatureSet
    statuses: dict[str, int]
    rows: int
    last: str
    lag: timedelta | None
    runs: tuple[str, ...]

    @property
    def stale(self) -> bool:
        """Whether a server that asks now may find nothing fresh."""
        return self.lag is None or self.lag > self.feature_set.ttl


def of(store: Path, landed: Path, found: FeatureSet, now: datetime) -> Standing:
    """The state of a set against what is landed. Raises `FeatureError` where there is no store."""
    if not (store / record.FILE).is_file():
        raise FeatureError(f"{store} holds no materialised features", fix=MATERIALISE)
    with record.opened(store) as connection:
        intervals = record.intervals(connection, found)
        runs = tuple(sentence(dict(row)) for row in record.runs(connection, found))
    labels = {file.path.split("/")[0] for file in manifests.load(landed).files}
    statuses = Counter(it.status if it.definition == found.digest else "Incomplete" for it in intervals.values())
    statuses["None"] = len(labels - set(intervals))
    ends = [it for it in intervals.values() if it.status == "Complete" and it.definition == found.digest]
    last = max(ends, key=lambda it: it.end, default=None)
    lag = naive(now) - found.source_delay - datetime.fromisoformat(last.end) if last else None
    rows = sum(it.rows for it in ends)
    return Standing(found, dict(sorted(statuses.items())), rows, last.label if last else "", lag, runs)


def sentence(row: dict[str, object]) -> str:
    """A run in words."""
    what = f"{row['computed']} of {row['intervals']} intervals, {row['rows']:,} rows in {row['seconds'] or 0} s"
    problem = f" ({row['problem']})" if row["problem"] else ""
    return f"run {row['id']} {row['started']}: {row['status']}, {what}{problem}"
