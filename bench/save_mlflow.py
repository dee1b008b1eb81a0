"""The hand-off's pipeline as an MLflow model: `python save_mlflow.py HANDOFF OUT`, in MLflow's environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import mlflow.sklearn
import skops.io

handoff, out = Path(sys.argv[1]), Path(sys.argv[2])
trusted = json.loads((handoff / "schema.json").read_text(encoding="utf-8"))["trusted_types"]
pipeline = skops.io.load(handoff / "model.skops", trusted=trusted)
options = {"serialization_format": "skops", "skops_trusted_types": trusted, "pip_requirements": ["scikit-learn"]}
mlflow.sklearn.save_model(pipeline, out, **options)
