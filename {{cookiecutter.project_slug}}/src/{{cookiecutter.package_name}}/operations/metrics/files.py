"""`dashboards/`: what Grafana and Prometheus read, written from the one table; a query of anything else is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ...model.messages import choices
from . import board, rules
from .table import MetricError, exposed

DASHBOARD, ALERTS = "mlops.json", "alerts.yml"
NAMED = re.compile(r"\bmlops_\w+")
LABELS = re.compile(r"\bby\s*\(([^)]*)\)|\{([^{}]*)\}")
FREE = {"le"}  # Prometheus gives it to buckets


def checked(query: str) -> str:
    """A query that names metrics of the table, and labels that they have. Raises `MetricError` for any other."""
    known, found = exposed(), NAMED.findall(query)
    if not found:
        raise MetricError(f"no metric is asked for in {query!r}", fix="name one of table.py")
    for name in found:
        if name not in known:
            raise MetricError(f"{query!r} names {name!r}, which is no metric", fix=choices(name, tuple(known)))
    labels = FREE.union(*(known[name].labels for name in found))
    for name in asked(query):
        if name not in labels:
            raise MetricError(f"{query!r} names the label {name!r}", fix=choices(name, tuple(sorted(labels))))
    return query


def asked(query: str) -> list[str]:
    """The labels that a query groups or selects by."""
    out: list[str] = []
    for grouped, selected in LABELS.findall(query):
        out += [name.strip() for name in grouped.split(",") if name.strip()]
        out += re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', selected)
    return out


def texts() -> dict[str, str]:
    """File name -> content. Raises `MetricError` where a query is not of the table."""
    import yaml

    for query in (*board.queries(), *rules.queries()):
        checked(query)
    alerts = yaml.safe_dump(rules.groups(), sort_keys=False, allow_unicode=True, width=110)
    return {DASHBOARD: json.dumps(board.dashboard(), indent=1, ensure_ascii=False) + "\n", ALERTS: alerts}


def check(folder: Path) -> list[Path]:
    """The files that are not as they would be written."""
    found = {folder / name: text for name, text in texts().items()}
    return [path for path, text in found.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def write(folder: Path) -> list[Path]:
    """Write those; gives them."""
    changed = check(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path in changed:
        path.write_text(texts()[path.name], encoding="utf-8")
    return changed
