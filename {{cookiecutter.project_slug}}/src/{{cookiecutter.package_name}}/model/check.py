"""`mlops handoff check`: does the folder hold the model that it says it holds, and does that still answer the same?"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ..errors import ModelError
from . import handoff, score

TOLERANCE = 1e-9


def run(folder: Path) -> tuple[str, int]:
    """(digest, rows compared). Raises `ModelError` naming the first sample prediction that differs."""
    loaded = handoff.load(folder)
    records = handoff.read_json(folder / handoff.REQUEST).get("records")
    recorded = handoff.read_json(folder / handoff.RESPONSE).get("predictions")
    if not isinstance(records, list) or not isinstance(recorded, list) or len(records) != len(recorded) or not records:
        wrong = f"{folder / handoff.REQUEST} and {handoff.RESPONSE} do not belong together"
        raise ModelError(wrong, fix=handoff.AGAIN)
    for number, (given, expected) in enumerate(zip(score.items(loaded, records), recorded, strict=True)):
        if not same(given, expected):
            wrong = f"sample record {number} gives {given}, and {folder / handoff.RESPONSE} records {expected}"
            raise ModelError(wrong, fix="use the library versions that schema.json names, or train the model again")
    return loaded.digest, len(records)


def same(given: Any, expected: Any) -> bool:
    """Equal, and numbers within `TOLERANCE`, relative above 1."""
    if isinstance(given, dict) and isinstance(expected, dict):
        return given.keys() == expected.keys() and all(same(given[key], expected[key]) for key in given)
    if isinstance(given, float) and isinstance(expected, int | float):
        return math.isclose(given, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(given == expected)
