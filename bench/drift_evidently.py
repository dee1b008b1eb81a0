"""Evidently's default drift preset on two Parquet files, by a Python that has it; prints JSON."""

import json
import resource
import sys
import time
from importlib import import_module

import pandas as pd

report, preset = import_module("evidently").Report, import_module("evidently.presets").DataDriftPreset
before, after = (pd.read_parquet(path).drop(columns="at") for path in sys.argv[1:3])
began = time.perf_counter()
report([preset()]).run(after, before)
took = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": took, "peak": peak}))  # noqa: T201
