"""Sums and standing values as Prometheus reads them."""

from __future__ import annotations

import logging
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.core import (
    Metric as Family,
)
from prometheus_client.registry import Collector

from ...deployment.release.world import World
from ...errors import MlopsError
from . import endpoint, read, rooms, standing, table, totals
from .standing import Source, Value
from .table import Metric

Parts = dict[str, float]
Series = dict[tuple[str, ...], Parts]
log = logging.getLogger(__name__)
EXPECTED = (MlopsError, OSError, sqlite3.Error)  # what somebody can mend; anything else is a mistake of ours
PARTS: dict[str, Source] = {
    "endpoint": endpoint.values,
    "releases": standing.releases,
    "champion": standing.champion,
    "training": standing.training,
    "data": standing.data,
    "features": standing.features,
    "operations": rooms.values,
    "drift": rooms.drift,
}
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text(world: World) -> str:
    """Everything, read anew."""
    read.catch_up(world.prod, world.clock)
    found = list(values(world))  # the endpoint's part adds to the sums
    with totals.opened(world.prod) as connection:
        counted: dict[str, Series] = {name: dict(series) for name, series in totals.read(connection).items()}
        waiting = connection.execute("SELECT count(*) FROM seen WHERE role = 2 AND joined = 0").fetchone()[0]
    found.append(Value("mlops.outcomes.unmatched", waiting))
    return exposition(merged(counted, found))


def values(world: World) -> Iterator[Value]:
    """What stands now, part by part. One that cannot be read must not hide the others: it says so by its own metric."""
    for part, source in PARTS.items():
        try:
            found = list(source(world))
        except EXPECTED as error:
            log.warning("the metrics of %s cannot be read: %s", part, error)
            found = [Value("mlops.part.readable", 0, {"part": part})]
        else:
            found.append(Value("mlops.part.readable", 1, {"part": part}))
        yield from found


def merged(counted: dict[str, Series], found: Iterable[Value]) -> dict[str, Series]:
    """One table of all. Raises `MetricError` where something is not as the table of metrics has it."""
    out: dict[str, Series] = defaultdict(dict, counted)
    for it in found:
        out[it.metric][table.labelled(it.metric, it.labels)] = {totals.COUNT: it.number}
    for row in table.ROWS:
        if row.kind == "counter" and not row.labels:
            out[row.name].setdefault((), {totals.COUNT: 0.0})  # so that its first rise is seen as one
    return out


def exposition(series: dict[str, Series]) -> str:
    """The text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Given([family(table.of(name), found) for name, found in series.items() if found]))
    return generate_latest(registry).decode()


class Given(Collector):
    """Metrics that were made already."""

    def __init__(self, families: list[Family]) -> None:
        self.families = families

    def collect(self) -> Iterable[Family]:
        return self.families


def family(row: Metric, found: Series) -> Family:
    """A metric with all its values."""
    kinds: dict[str, Any] = {
        "counter": CounterMetricFamily, "gauge": GaugeMetricFamily,
        "histogram": HistogramMetricFamily, "summary": SummaryMetricFamily,
    }  # fmt: skip
    out: Family = kinds[row.kind](row.prometheus, row.help, labels=row.labels)
    adding: Any = out
    for labels, parts in sorted(found.items()):
        if row.kind == "histogram":
            adding.add_metric(labels, cumulated(row.edges, parts), parts.get(totals.SUM, 0.0))
        elif row.kind == "summary":
            adding.add_metric(labels, parts.get(totals.COUNT, 0.0), parts.get(totals.SUM, 0.0))
        else:
            adding.add_metric(labels, parts[totals.COUNT])
    return out


def cumulated(edges: tuple[float, ...], parts: Parts) -> list[tuple[str, float]]:
    """(edge, how many are not above it) for each."""
    out, total = [], 0.0
    for edge in (*(repr(it) for it in edges), "+Inf"):
        total += parts.get(edge, 0.0)
        out.append((edge, total))
    return out
