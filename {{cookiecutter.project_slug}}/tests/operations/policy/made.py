"""Evidence on which every clause of the policy holds."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

GOOD: dict[str, Any] = {
    "at": "2026-03-02T09:00:00+00:00",
    "release": "r1",
    "version": "2",
    "model": "a" * 64,
    "cause": "drift",
    "incumbent": "blue",
    "paired": True,
    "direction": "lower",
    "shadow": {"decision": "promote", "reason": "", "usual": 4.0, "rows": 400, "gain": 0.4, "low": 0.2, "high": 0.6},
    "offline": {
        "rows": 900,
        "model": 3.6,
        "champion": 4.0,
        "gain": 0.4,
        "low": 0.3,
        "high": 0.5,
        "problem": "",
        "slices": [
            {"column": "zone", "value": "a", "rows": 400, "model": 3.0, "baseline": 3.5},
            {"column": "zone", "value": "b", "rows": 300, "model": 4.2, "baseline": 4.0},
            {"column": "zone", "value": "rare", "rows": 3, "model": 40.0, "baseline": 4.0},
        ],
    },
    "latency": {"answers": 400, "p95_ms": 12.0},
    "lineage": {"things": 12, "problems": []},
    "tests": {
        "problem": "",
        "passed": True,
        "said": "passed",
        "artifacts": "b" * 64,
        "artifacts_now": "b" * 64,
        "tests": "c" * 64,
        "tests_now": "c" * 64,
    },
    "quarantined": 0,
    "landed": 900,
    "stale": [],
    "held": "",
    "promoted": [],
}


def evidence(**changed: Any) -> dict[str, Any]:
    """Good evidence; `changed` by path, such as `latency__p95_ms`."""
    found = deepcopy(GOOD)
    for path, value in changed.items():
        *way, last = path.split("__")
        part = found
        for name in way:
            part = part[name]
        part[last] = value
    return found
