"""What the service takes and gives, for any model; `mlops client generate` writes one for a certain model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONTRACT = ""
Record = Mapping[str, Any]
Outcome = float | str


@dataclass(frozen=True)
class Prediction:
    """A prediction; `event_id` names it to `report_outcome`, and is empty where the service keeps no record."""

    value: Any
    model: str
    event_id: str = ""
    deployment: str = ""
    request_id: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)
