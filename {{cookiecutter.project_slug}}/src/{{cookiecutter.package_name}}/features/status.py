"""How a feature store stands: what is computed, how old its newest value is, which runs there were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..data import manifest as manifests
from ..model.durations import format_duration
from . import intervals, record, retrieval
from .featureset import MATERIALISE, FeatureSet
from .online import Online, naive


@dataclass(frozen=True)
class Standing:
    """A feature set's state against what is landed: how many intervals have which status, and the latest runs.

    `newest` is the time of the newest value, `age` how long ago that is, `lag` how much of it is not the known delay.
    `online` is as of when the online store was written.
    """

    feature_set: FeatureSet
    statuses: dict[record.Status, int]
    rows: int
    newest: datetime | None
    age: timedelta | None
    online: datetime | None
    runs: tuple[str, ...]

    @property
    def lag(self) -> timedelta | None:
        return None if self.age is None else max(self.age - self.feature_set.source_delay, timedelta(0))

    @property
    def stale(self) -> bool:
        """Whether a server finds nothing that is young enough, however often the online store is written."""
        return self.age is None or self.age > self.feature_set.ttl


def of(store: Path, landed: Path, found: FeatureSet, now: datetime) -> Standing:
    """The state of a set. Raises `FeatureError` where there is no store."""
    with record.existing(store) as connection:
        had = record.intervals(connection, found)
        runs = tuple(sentence(dict(row)) for row in record.runs(connection, found))
    counted = Counter(judged(found, landed, had))
    with closing(Online(store)) as values:
        online = values.holds(retrieval.wanted(found))
    usable = [it for it in had.values() if it.definition == found.digest and it.status == "Complete"]
    times = [datetime.fromisoformat(it.newest) for it in usable if it.newest]
    newest = max(times, default=None)
    age = naive(now) - newest if newest else None
    return Standing(found, dict(sorted(counted.items())), sum(it.rows for it in usable), newest, age, online, runs)


def judged(found: FeatureSet, landed: Path, had: dict[str, record.Interval]) -> list[record.Status]:
    """The status of each landed interval. One whose rows or definition have changed since is not complete any more."""
    out: list[record.Status] = []
    for part in intervals.parts(found, manifests.load(landed).files):
        it = had.get(part.label)
        if it is None:
            out.append("None")
        else:
            outdated = it.status == "Complete" and it.input != intervals.inputs(found, part)
            out.append("Incomplete" if outdated else it.status)
    return out


def lines(it: Standing) -> Iterator[str]:
    """A state in words."""
    found, counts = it.feature_set, ", ".join(f"{count} {name}" for name, count in it.statuses.items())
    retired = ", retired" if found.retired else ""
    yield f"{found.name}, version {found.version}{retired}: {it.rows:,} rows; intervals: {counts or 'none are landed'}"
    if it.age is None or it.lag is None:
        yield f"  STALE: it has no value; {MATERIALISE}"
    else:
        stale, kept = "STALE: " if it.stale else "", format_duration(found.ttl)
        yield f"  {stale}newest value {it.newest}, {whole(it.age)} old (ttl {kept}), lag {whole(it.lag)}"
    yield f"  online as of {it.online}" if it.online else f"  nothing online; {MATERIALISE}"
    yield from (f"  {run}" for run in it.runs)


def whole(length: timedelta) -> str:
    """A length of time without parts of a second."""
    return str(timedelta(seconds=round(length.total_seconds())))


def sentence(row: dict[str, object]) -> str:
    """A run in words."""
    what = f"{row['computed']} of {row['intervals']} intervals, {row['rows']:,} rows in {row['seconds'] or 0} s"
    problem = f" ({row['problem']})" if row["problem"] else ""
    return f"run {row['id']} {row['started']}: {row['status']}, {what}{problem}"
