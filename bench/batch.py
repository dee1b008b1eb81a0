"""Batch scoring of a table and of a ten times larger one, each in a process of its own: rows a second and peak memory.

Run by an emitted repo's Python, from that repo's root: `python .../bench/batch.py` (the package is found in `src`).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from click import echo

SIZES = (200_000, 2_000_000)
PART = 100_000  # rows that are made at once


def module(name: str) -> Any:
    """A module of the emitted package."""
    package = next(path.parent.name for path in Path("src").glob("*/layers.py"))
    if "src" not in sys.path:
        sys.path.insert(0, "src")
    return import_module(f"{package}.{name}")


def prepare(folder: Path) -> None:
    """A model of `project.toml`'s shape, and rows for it, in Parquet and as CSV."""
    pa, pc, pq = (import_module(name) for name in ("pyarrow", "pyarrow.csv", "pyarrow.parquet"))
    standin, train, project = (module(name) for name in ("service.standin", "model.train", "model.project"))
    schema = project.load().schema_only
    rows = standin.rows(schema)
    rows.to_parquet(folder / "rows.parquet")
    train.run(schema, folder / "rows.parquet", folder / "handoff")
    some = rows.drop(columns=schema.table.target)
    part = pa.Table.from_pandas(some.sample(PART, replace=True, random_state=1), preserve_index=False)
    for size in SIZES:
        with (
            pq.ParquetWriter(folder / f"{size}.parquet", part.schema) as parquet,
            pc.CSVWriter(folder / f"{size}.csv", part.schema) as text,
        ):
            for _ in range(size // PART):
                parquet.write_table(part)
                text.write_table(part)


def measure(folder: Path, name: str) -> dict[str, float]:
    """Score a table: rows a second, and this process's peak memory in MB, before and after."""
    run, source, clock = (module(it) for it in ("deployment.batch.run", "deployment.batch.source", "clock"))
    served = module("service.served").Served(module("model.handoff").load(folder / "handoff"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    job = run.Job(source.find(folder / name), folder / f"scores-{name}", served, "a bench")
    done = run.run(job, clock.SystemClock(), lambda _: None)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rate": done.rows / seconds, "before": before, "peak": peak, "size": (folder / name).stat().st_size / 2**20}


def main() -> None:
    echo("| table | MB on disk | rows a second | MB before | peak MB |\n| --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, __file__, "--prepare", scratch], check=True)
        for suffix in ("parquet", "csv"):
            for size in SIZES:
                words = [sys.executable, __file__, "--measure", scratch, f"{size}.{suffix}"]
                it = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
                figures = f"{it['size']:.0f} | {it['rate']:,.0f} | {it['before']:.0f} | {it['peak']:.0f}"
                echo(f"| {size:,} rows, {suffix} | {figures} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--prepare"]:
        prepare(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["--measure"]:
        echo(json.dumps(measure(Path(sys.argv[2]), sys.argv[3])))
    else:
        main()
