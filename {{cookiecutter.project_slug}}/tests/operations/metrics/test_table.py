"""The one table of metrics: names by OpenTelemetry's rules, each once, and nothing that is not in it."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from {{cookiecutter.package_name}}.operations.metrics import table
from {{cookiecutter.package_name}}.operations.metrics.table import Metric, MetricError


@pytest.mark.parametrize(
    ("name", "unit", "kind", "series"),
    [
        ("mlops.requests", "{request}", "counter", ("mlops_requests_total",)),
        ("mlops.data.age", "s", "gauge", ("mlops_data_age_seconds",)),
        ("mlops.wait.seconds", "s", "gauge", ("mlops_wait_seconds",)),
        ("mlops.share", "1", "gauge", ("mlops_share_ratio",)),
        ("mlops.sent", "By", "counter", ("mlops_sent_bytes_total",)),
        (
            "mlops.took",
            "s",
            "histogram",
            ("mlops_took_seconds_bucket", "mlops_took_seconds_count", "mlops_took_seconds_sum"),
        ),
        ("mlops.error", "", "summary", ("mlops_error_count", "mlops_error_sum")),
    ],
)  # fmt: skip
def test_the_name_in_prometheus_follows(name: str, unit: str, kind: table.Kind, series: tuple[str, ...]) -> None:
    assert Metric(name, unit, kind, (), "").series == series


def test_each_metric_is_there_once_under_every_name() -> None:
    assert len(table.METRICS) == len(table.ROWS)
    series = list(chain.from_iterable(row.series for row in table.ROWS))
    assert len(series) == len(set(series)) == len(table.exposed())


@pytest.mark.parametrize("row", table.ROWS, ids=lambda row: row.name)
def test_each_row_is_whole(row: Metric) -> None:
    assert re.fullmatch(r"mlops(\.[a-z]+)+", row.name)
    assert re.fullmatch(r"[A-Z0-9].*\.", row.help)
    assert row.unit in {"", *table.UNITS} or re.fullmatch(r"\{[a-z]+\}", row.unit)
    assert all(re.fullmatch(r"[a-z_]+", label) for label in row.labels)
    assert list(row.edges) == sorted(set(row.edges))
    assert bool(row.edges) == (row.kind == "histogram")


def test_another_name_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(MetricError, match=r"no metric 'mlops\.request'.*\n.*did you mean 'mlops\.requests'"):
        table.of("mlops.request")


@pytest.mark.parametrize("labels", [{}, {"why": "a", "more": "b"}, {"deployment": "blue"}])
def test_other_labels_are_refused(labels: dict[str, str]) -> None:
    with pytest.raises(MetricError, match="give why"):
        table.labelled("mlops.endpoint.copies.lost", labels)
