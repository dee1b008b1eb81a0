"""Every kind of alert; docs/operations.md has a section for each, by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning"]
RUNBOOK = "docs/operations.md"


@dataclass(frozen=True)
class Kind:
    """What an alert is about, and how much it hurts callers."""

    severity: Severity
    title: str

    @staticmethod
    def anchor(name: str) -> str:
        """Where the runbook tells what to do."""
        return f"{RUNBOOK}#{name}"


KINDS: dict[str, Kind] = {
    "bad-data": Kind("warning", "batches wait in quarantine for a decision"),
    "budget-exhausted": Kind("warning", "production asks for more retrainings than the budget allows"),
    "drift-not-judged": Kind("warning", "too few rows come for drift to be judged"),
    "endpoint-down": Kind("critical", "nobody answers callers"),
    "job-fails": Kind("warning", "a job of the loop fails again and again"),
    "promotion-needs-a-person": Kind("warning", "a version waits for a person's yes or no"),
    "release-stopped": Kind("warning", "a version was taken back or refused"),
    "retraining-did-not-help": Kind("warning", "production differs, and no newer model is better"),
    "retraining-failed": Kind("warning", "a retraining broke off"),
    "stale-features": Kind("warning", "servers find no feature values that are young enough"),
}
