"""What a step has to say for the record: parameters, metrics, pictures. Where it goes depends on who runs the step.

The local runner asks for a file and hands it to MLflow with everything else of the step, also when the step is skipped
later on; without it (a job of Azure Machine Learning) it goes to MLflow at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

NOTES = "MLOPS_NOTES"
Curve = Sequence[tuple[int, float]]


def note(
    *,
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    metrics: Mapping[str, float] | None = None,
    curves: Mapping[str, Curve] | None = None,
    artifacts: Mapping[str, Path] | None = None,
) -> None:
    """Record figures; `curves` are metric -> (step, value)..., `artifacts` name -> a folder that stays where it is."""
    said = {
        "params": dict(params or {}),
        "tags": dict(tags or {}),
        "metrics": dict(metrics or {}),
        "curves": {name: [list(point) for point in curve] for name, curve in (curves or {}).items()},
        "artifacts": {name: str(folder) for name, folder in (artifacts or {}).items()},
    }
    target = os.environ.get(NOTES)
    if target:
        Path(target).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        return
    from . import mlflows

    mlflows.say(mlflows.ambient(), said)
