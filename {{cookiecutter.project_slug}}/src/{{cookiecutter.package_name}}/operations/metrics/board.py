"""The Grafana dashboard: rows of panels, each with its queries. `files.py` writes it and refuses unknown names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WIDE, WIDTH, HEIGHT = 24, 8, 8  # of Grafana's grid
BY, LIVE = "by (deployment, version)", 'role="live"'
RATE = "[$__rate_interval]"


@dataclass(frozen=True)
class Panel:
    """A picture of queries, each with its legend; `unit` is Grafana's."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"


def mean(metric: str, by: str) -> str:
    return f"sum {by} (rate({metric}_sum{RATE})) / sum {by} (rate({metric}_count{RATE}))"


def quantile(share: float, metric: str, by: str) -> str:
    """A quantile of live requests' histogram; `by` are labels."""
    return f"histogram_quantile({share}, sum by ({by}, le) (rate({metric}_bucket{{{LIVE}}}{RATE})))"


def spread(metric: str, *shares: float) -> tuple[tuple[str, str], ...]:
    """Quantiles by deployment."""
    return tuple((quantile(share, metric, "deployment"), f"{{{{deployment}}}} p{share * 100:g}") for share in shares)


DURATION, VALUE, ERROR = "mlops_request_duration_seconds", "mlops_prediction_value", "mlops_prediction_error"
WHO = "{{deployment}} v{{version}}"
ROLE, BY_ROLE = WHO + " {{role}}", "by (deployment, version, role)"
FAILING = f"sum by (error) (rate(mlops_request_errors_total{{{LIVE}}}{RATE}))"
CLASSES = 'sum by (class) (rate(mlops_predictions_total{class!=""}[1h]))'
ROWS: dict[str, tuple[Panel, ...]] = {
    "What callers meet": (
        Panel("Requests", ((f"sum {BY} (rate(mlops_requests_total{{{LIVE}}}{RATE}))", WHO),), "reqps"),
        Panel("Failed and refused", ((FAILING, "{{error}}"),), "reqps"),
        Panel("Latency", spread(DURATION, 0.5, 0.95), "s"),
    ),
    "What is predicted": (
        Panel("Predictions, tenth to ninth tenth", spread(VALUE, 0.1, 0.5, 0.9)),
        Panel("Predictions by class", ((CLASSES, "{{class}}"),)),
        Panel("Error, where the outcome is known", ((mean(ERROR, BY_ROLE), ROLE),)),
        Panel(
            "Outcomes",
            (("rate(mlops_outcomes_total[1h])", "told"), ("mlops_outcomes_unmatched", "without a prediction")),
        ),
    ),
    "Endpoint and releases": (
        Panel("Traffic", (("mlops_deployment_traffic_ratio", ROLE),), "percentunit"),
        Panel("In force", (("mlops_endpoint_settled", "settled"), ("mlops_endpoint_up", "up"))),
        Panel("Started again", (("increase(mlops_endpoint_restarts_total[1h])", "{{process}}"),)),
        Panel("Releases", (("mlops_releases_total", "{{outcome}}"), ("mlops_releases_open", "at {{step}}"))),
        Panel("Champion", (("mlops_champion_version", "version"),), kind="stat"),
        Panel("Champion's age", (("mlops_champion_age_seconds", "age"),), "s", "stat"),
    ),
    "Data, features, training": (
        Panel("Landed rows", (("mlops_data_rows", "rows"),)),
        Panel("Since data came", (("mlops_data_age_seconds", "age"),), "s"),
        Panel("Waiting for a decision", (("mlops_data_quarantined", "in quarantine"),), kind="stat"),
        Panel(
            "Features against their time to live",
            (("mlops_features_served_age_seconds / mlops_features_ttl_seconds", "{{feature_set}}"),),
            "percentunit",
        ),
        Panel("Training runs", (("increase(mlops_training_runs_total[1d])", "{{pipeline}} {{status}}"),)),
        Panel("Registered versions", (("mlops_model_versions", "versions"),), kind="stat"),
    ),
    "Operations": (
        Panel("Drift, nearest to its threshold", (("mlops_drift_ratio", "{{group}} {{column}}"),), "percentunit"),
        Panel("Rows that were looked at", (("mlops_drift_rows", "rows"), ("mlops_drift_unjudged", "unjudged columns"))),
        Panel("Policy", (("increase(mlops_policy_decisions_total[1d])", "{{decision}}"),)),
        Panel("Alerts", (("mlops_alerts_open", "{{kind}}"),)),
        Panel("Retrainings", (("increase(mlops_retrainings_total[1d])", "{{status}}"),)),
    ),
}


def queries() -> list[str]:
    """Every query of the dashboard."""
    return [query for panels in ROWS.values() for panel in panels for query, _ in panel.queries]


def dashboard() -> dict[str, Any]:
    """As Grafana imports it; the data source is asked for then."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS.items():
        place = {"h": 1, "w": WIDE, "x": 0, "y": top}
        panels.append({"id": len(panels) + 1, "type": "row", "title": title, "gridPos": place, "panels": []})
        for number, panel in enumerate(row):
            x, y = number % (WIDE // WIDTH) * WIDTH, top + 1 + number // (WIDE // WIDTH) * HEIGHT
            panels.append(drawn(panel, len(panels) + 1, {"h": HEIGHT, "w": WIDTH, "x": x, "y": y}))
        top += 1 + -(-len(row) // (WIDE // WIDTH)) * HEIGHT
    source = {"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"}
    return {
        "uid": "mlops", "title": "mlops", "schemaVersion": 39, "timezone": "utc", "refresh": "30s", "editable": True,
        "time": {"from": "now-24h", "to": "now"}, "templating": {"list": [source]}, "panels": panels,
    }  # fmt: skip


def drawn(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    """One panel."""
    source = {"type": "prometheus", "uid": "${source}"}
    targets = [
        {"refId": chr(ord("A") + at), "expr": query, "legendFormat": legend, "datasource": source}
        for at, (query, legend) in enumerate(panel.queries)
    ]
    config = {"defaults": {"unit": panel.unit}, "overrides": []}
    about = {"id": number, "type": panel.kind, "title": panel.title, "gridPos": place, "datasource": source}
    return {**about, "fieldConfig": config, "targets": targets}
