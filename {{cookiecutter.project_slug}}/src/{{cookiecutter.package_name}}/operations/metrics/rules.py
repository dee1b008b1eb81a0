"""When Prometheus alerts, by the one table of metrics. Each alert's id is the section of the runbook for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

RUNBOOK = "docs/operations.md"
Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Rule:
    """`id` is the anchor in the runbook; it holds for so long before somebody is told."""

    id: str
    name: str
    severity: Severity
    query: str
    lasting: str
    summary: str


LIVE = '{role="live"}'
RULES = (
    Rule("endpoint-down", "EndpointDown", "critical", "mlops_endpoint_up == 0", "1m", "Nobody answers requests."),
    Rule(
        "endpoint-degraded", "EndpointFails", "critical",
        'sum(rate(mlops_request_errors_total{role="live",error="failed"}[5m]))'
        f" / sum(rate(mlops_requests_total{LIVE}[5m])) > 0.01",
        "5m", "More than one request in a hundred fails.",
    ),
    Rule(
        "endpoint-degraded", "EndpointSlow", "warning",
        f"histogram_quantile(0.95, sum by (le) (rate(mlops_request_duration_seconds_bucket{LIVE}[10m]))) > 0.2",
        "10m", "One request in twenty takes longer than 0.2 s.",
    ),
    Rule(
        "endpoint-degraded", "EndpointNotSettled", "warning", "mlops_endpoint_settled == 0", "10m",
        "What is committed is not in force: a scorer does not come up.",
    ),
    Rule(
        "endpoint-degraded", "ScorerDies", "warning", "increase(mlops_endpoint_restarts_total[15m]) > 3", "1m",
        "{{ $labels.process }} is started again and again.",
    ),
    Rule(
        "endpoint-degraded", "RecordsLost", "warning", "increase(mlops_records_lost_total[10m]) > 0", "1m",
        "Predictions are not recorded.",
    ),
    Rule(
        "stale-features", "FeaturesStale", "critical", 'mlops_features_state{state="stale"} == 1', "1m",
        "The features of {{ $labels.feature_set }} are too old: predictions go without them.",
    ),
    Rule(
        "stale-features", "FeaturesLate", "warning", 'mlops_features_state{state="late"} == 1', "30m",
        "The features of {{ $labels.feature_set }} will soon be too old.",
    ),
    Rule(
        "drift-not-judged", "DriftNotLookedAt", "warning", "mlops_drift_age_seconds > 86400", "1h",
        "Nobody has looked for drift for more than a day.",
    ),
    Rule("bad-data", "DataQuarantined", "warning", "mlops_data_quarantined > 0", "1h", "Batches wait for a decision."),
    Rule(
        "retraining-failed", "TrainingFails", "warning",
        'increase(mlops_training_runs_total{status="Failed"}[6h]) > 0', "1m", "A run of {{ $labels.pipeline }} failed.",
    ),
    Rule(
        "release-stopped", "ReleaseRolledBack", "warning",
        'increase(mlops_releases_total{outcome="rolled back"}[1d]) > 0', "1m", "A release went back.",
    ),
)  # fmt: skip


def queries() -> list[str]:
    """Every query of the rules."""
    return [rule.query for rule in RULES]


def groups() -> dict[str, Any]:
    """As Prometheus loads them."""
    return {"groups": [{"name": "mlops", "rules": [written(rule) for rule in RULES]}]}


def written(rule: Rule) -> dict[str, Any]:
    """One rule."""
    labels = {"id": rule.id, "severity": rule.severity}
    notes = {"summary": rule.summary, "runbook_url": f"{RUNBOOK}#{rule.id}"}
    return {"alert": rule.name, "expr": rule.query, "for": rule.lasting, "labels": labels, "annotations": notes}
