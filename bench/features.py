"""The point-in-time join at one and at ten million values, each in a process of its own: seconds and peak memory.

Run by an emitted repo's Python, from that repo's root: `python .../bench/features.py` (the package is found in `src`).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path

OBSERVATIONS, ENTITIES, DAYS = 100_000, 5_000, 100
SIZES = (1_000_000, 10_000_000)


def generate(folder: Path, rows: int) -> None:
    """`rows` values of `ENTITIES` entities, a file a day and sorted by time, and the observations."""
    import duckdb

    day = rows // DAYS
    step = 86_400_000_000 // day  # microseconds between two values: each time is there once
    with duckdb.connect(config={"memory_limit": "512MB", "temp_directory": str(folder / "spill")}) as connection:
        for number in range(DAYS):
            time_of = f"TIMESTAMP '2025-01-01' + INTERVAL {number} DAYS + to_microseconds(i * {step})"
            entity = f"'e' || (hash(i + {number * day}) % {ENTITIES})"
            query = f"SELECT {entity} AS entity, {time_of} AS event_time, i * 0.5 AS a, i * 2.0 AS b, 1.0 AS c"
            path = folder / f"day-{number:03}.parquet"
            connection.execute(f"COPY ({query} FROM range({day}) AS t(i)) TO '{path}' (FORMAT parquet)")  # noqa: S608
        at = f"TIMESTAMP '2025-01-01' + to_seconds(CAST(hash(i * 7) % {DAYS * 86_400} AS BIGINT))"
        query = f"SELECT i AS row, 'e' || (hash(i * 3) % {ENTITIES}) AS entity, {at} AS event_time"
        out = folder / "observations.parquet"
        connection.execute(f"COPY ({query} FROM range({OBSERVATIONS}) AS t(i)) TO '{out}' (FORMAT parquet)")


def measure(folder: Path) -> dict[str, float]:
    """Join what `generate` made: seconds, share of observations with a value, and this process's peak memory."""
    package = next(path.parent.name for path in Path("src").glob("*/layers.py"))
    sys.path.insert(0, "src")
    join = import_module(f"{package}.features.join")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rule = join.Rule(("a", "b", "c"), timedelta(hours=1), timedelta(days=30))
    began = time.perf_counter()
    found = join.join(folder / "observations.parquet", sorted(folder.glob("day-*.parquet")), rule)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    known = 1 - found[join.MATCHED].null_count / len(found)
    return {"seconds": round(seconds, 2), "before": round(before), "peak": round(peak), "known": round(known, 4)}


def main() -> None:
    print("| values | observations | seconds | MB before | peak MB | found |\n| --- | --- | --- | --- | --- | --- |")
    for rows in SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run([sys.executable, __file__, "--generate", scratch, str(rows)], check=True)
            done = subprocess.run([sys.executable, __file__, "--measure", scratch], check=True, capture_output=True)
        it = json.loads(done.stdout)
        figures = f"{it['seconds']} | {it['before']} | {it['peak']} | {it['known']:.1%}"
        print(f"| {rows:,} | {OBSERVATIONS:,} | {figures} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--generate"]:
        generate(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        main()
