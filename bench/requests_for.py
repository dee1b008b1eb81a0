"""The same rows as bodies for each server: `python requests_for.py PACKAGE HANDOFF TABLE OUT`.

Runs in the emitted project's environment.
MLflow serves the pipeline, which takes prepared columns: it is spared the calendar.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

package, handoff, table, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
frame = import_module(f"{package}.model.frame")
score = import_module(f"{package}.model.score")
loaded = import_module(f"{package}.model.handoff").load(handoff)
rows = frame.typed(frame.read(table).tail(1000), loaded.schema)
records = score.sample(rows, loaded.schema, len(rows))
prepared = json.loads(frame.prepare(rows, loaded.schema).to_json(orient="split"))
bodies = {
    "ours-1": records[0],
    "ours-1000": {"records": records},
    "mlflow-1": {"dataframe_split": {"columns": prepared["columns"], "data": prepared["data"][:1]}},
    "mlflow-1000": {"dataframe_split": {"columns": prepared["columns"], "data": prepared["data"]}},
}
for name, body in bodies.items():
    (out / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
