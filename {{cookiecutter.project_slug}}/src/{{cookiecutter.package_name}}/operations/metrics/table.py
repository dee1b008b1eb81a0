"""Every metric of the system: OpenTelemetry name, unit, kind, labels, what it says. There is no other list of them.

The Prometheus name follows by OpenTelemetry's rules: dots become underscores, the unit is spelt out at the end, and a
counter ends in `_total`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...errors import MlopsError
from ...model.messages import choices

Kind = Literal["counter", "gauge", "histogram", "summary"]
UNITS = {"s": "seconds", "By": "bytes", "1": "ratio"}  # UCUM -> Prometheus; `{what}` is only for readers
WHO = ("deployment", "version", "role")
STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
LATENCIES = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
# six edges a decade, which fits targets of every scale, and what is zero or less in front
VALUES = (0.0, *(float(f"{step}e{power}") for power in range(-2, 6) for step in STEPS))


class MetricError(MlopsError):
    """A metric is not as the table has it."""


@dataclass(frozen=True)
class Metric:
    """A row of the table. `edges` are those of a histogram; a summary has a count and a sum."""

    name: str
    unit: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    edges: tuple[float, ...] = ()

    @property
    def prometheus(self) -> str:
        """The name without the ending of a counter."""
        unit = UNITS.get(self.unit, "")
        base = self.name.replace(".", "_")
        return base if not unit or base.endswith(f"_{unit}") else f"{base}_{unit}"

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which a query finds it."""
        name = self.prometheus
        parts = {"counter": ("_total",), "gauge": ("",), "summary": ("_count", "_sum")}
        return tuple(name + part for part in parts.get(self.kind, ("_bucket", "_count", "_sum")))


ROWS = (
    # what callers met, from the records of predictions
    Metric("mlops.requests", "{request}", "counter", (*WHO, "status"), "Recorded requests by HTTP status."),
    Metric("mlops.request.errors", "{request}", "counter", (*WHO, "error"), "Refused (4xx) and failed (5xx) requests."),
    Metric("mlops.request.duration", "s", "histogram", WHO, "How long the model's process took.", LATENCIES),
    Metric("mlops.predictions", "{prediction}", "counter", (*WHO, "class"), "Predictions, for classifiers by class."),
    Metric("mlops.prediction.value", "", "histogram", ("deployment", "role"), "What regressions predicted.", VALUES),
    Metric("mlops.records.unreadable", "{line}", "counter", (), "Whole lines of records that are not as written."),
    Metric("mlops.records.lost", "{record}", "counter", (), "Predictions that could not be recorded."),
    # what came true
    Metric("mlops.outcomes", "{outcome}", "counter", (), "Outcomes told, each prediction's first one."),
    Metric("mlops.outcomes.unmatched", "{outcome}", "gauge", (), "Outcomes whose prediction is not recorded here."),
    Metric("mlops.prediction.error", "", "summary", WHO, "Absolute error, or share misjudged, where it is known."),
    # the endpoint
    Metric("mlops.endpoint.up", "", "gauge", (), "1 where the gateway answers."),
    Metric("mlops.endpoint.settled", "", "gauge", (), "1 where the committed state is in force."),
    Metric("mlops.endpoint.state", "", "gauge", (), "Number of the committed state."),
    Metric("mlops.endpoint.restarts", "{restart}", "counter", ("process",), "Processes that were started again."),
    Metric("mlops.endpoint.retries", "{request}", "counter", (), "Requests that another scorer had to answer."),
    Metric("mlops.endpoint.copies.lost", "{request}", "counter", ("why",), "Copies dropped, missed or failed."),
    Metric("mlops.deployment.ready", "", "gauge", ("deployment", "version"), "1 where its scorer is ready."),
    Metric("mlops.deployment.traffic", "1", "gauge", WHO, "Share of the requests, live or copied."),
    # releases, registry, training
    Metric("mlops.releases", "{release}", "counter", ("outcome",), "Releases that have ended."),
    Metric("mlops.releases.open", "{release}", "gauge", ("step",), "1 for the step at which a release is."),
    Metric("mlops.release.step.age", "s", "gauge", (), "How long the open release is at its step."),
    Metric("mlops.champion.version", "", "gauge", (), "Number of the version that is champion where it serves."),
    Metric("mlops.champion.age", "s", "gauge", (), "How long it is."),
    Metric("mlops.model.versions", "{version}", "gauge", (), "Versions that were registered by training."),
    Metric("mlops.training.runs", "{run}", "counter", ("pipeline", "status"), "Runs that have ended."),
    Metric("mlops.training.run.age", "s", "gauge", ("pipeline",), "How long ago the last run ended well."),
    # data and features
    Metric("mlops.data.rows", "{row}", "gauge", (), "Landed rows."),
    Metric("mlops.data.batches", "{batch}", "counter", (), "Batches that were landed."),
    Metric("mlops.data.age", "s", "gauge", (), "How long ago a batch was landed."),
    Metric("mlops.data.quarantined", "{batch}", "gauge", (), "Batches and parts of them that wait for a decision."),
    Metric("mlops.features.age", "s", "gauge", ("feature_set",), "Age of the newest value."),
    Metric("mlops.features.lag", "s", "gauge", ("feature_set",), "What of that is not the known delay."),
    Metric("mlops.features.served.age", "s", "gauge", ("feature_set",), "Age of the newest value that servers have."),
    Metric("mlops.features.ttl", "s", "gauge", ("feature_set",), "How old a value may be that servers use."),
    Metric("mlops.features.rows", "{row}", "gauge", ("feature_set",), "Materialised rows."),
    Metric("mlops.features.state", "", "gauge", ("feature_set", "state"), "1 for the state it is in."),
    # drift, as the last look found it
    Metric("mlops.drift", "1", "gauge", ("group", "column"), "The measure nearest to its threshold, as a share of it."),
    Metric("mlops.drift.rows", "{row}", "gauge", (), "Rows in the window that was looked at."),
    Metric("mlops.drift.unjudged", "{column}", "gauge", (), "Columns with too few rows to be judged."),
    Metric("mlops.drift.age", "s", "gauge", (), "How long ago the last look was."),
    # operations
    Metric("mlops.policy.decisions", "{decision}", "counter", ("decision",), "What the policy answered."),
    Metric("mlops.retrainings", "{request}", "counter", ("status",), "Retrainings that were asked for."),
    Metric("mlops.alerts.open", "{alert}", "gauge", ("kind",), "Alerts that wait for a person."),
    Metric("mlops.part.readable", "", "gauge", ("part",), "0 where a part's figures cannot be read."),
)
METRICS = {row.name: row for row in ROWS}


def of(name: str) -> Metric:
    """A row by its name. Raises `MetricError` for another one."""
    if name not in METRICS:
        raise MetricError(f"there is no metric {name!r}", fix=f"{choices(name, tuple(METRICS))}, or add it to table.py")
    return METRICS[name]


def labelled(name: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The values of a metric's labels in its order. Raises `MetricError` where they are others than the table's."""
    found = of(name)
    if set(labels) != set(found.labels):
        raise MetricError(f"{name} got the labels {sorted(labels)}", fix=f"give {', '.join(found.labels) or 'none'}")
    return tuple(labels[label] for label in found.labels)


def exposed() -> dict[str, Metric]:
    """Every name that a query may use."""
    return {name: row for row in ROWS for name in row.series}
