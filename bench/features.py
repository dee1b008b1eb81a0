"""What the feature store costs: the point-in-time join, look-ups, and a run that has little to do against a full one.

Run by an emitted repo's Python, from that repo's root: `python .../bench/features.py` (the package is found in `src`).
Each join is made in a process of its own, whose peak memory is measured. `--spark` runs, with a Python that has pyspark
too, the exported transformations on Spark, and compares every value with what DuckDB stored.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import median, quantiles
from typing import Any

OBSERVATIONS, ENTITIES, DAYS = 100_000, 5_000, 100
SIZES = (1_000_000, 10_000_000)
MOST_SECONDS, MOST_MEGABYTES = 2.0, 700  # for a million values; for any number: DuckDB's 512 MB, and Python's own
ROWS, LOOKUPS = 500_000, 20_000


def say(text: str) -> None:
    """A line at once, for a table that takes minutes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def package(name: str) -> Any:
    """A module of the emitted repo."""
    sys.path.insert(0, "src")
    root = next(path.parent.name for path in Path("src").glob("*/layers.py"))
    return import_module(f"{root}.{name}")


def generate(folder: Path, rows: int) -> None:
    """`rows` values of `ENTITIES` entities, a file a day and sorted by time, and the observations."""
    duckdb = import_module("duckdb")
    day = rows // DAYS
    step = 86_400_000_000 // day  # microseconds between two values: each time is there once
    with duckdb.connect(config={"memory_limit": "512MB", "temp_directory": str(folder / "spill")}) as connection:
        for number in range(DAYS):
            time_of = f"TIMESTAMP '2025-01-01' + INTERVAL {number} DAYS + to_microseconds(i * {step})"
            entity = f"'e' || (hash(i + {number * day}) % {ENTITIES})"
            query = f"SELECT {entity} AS entity, {time_of} AS event_time, i * 0.5 AS a, i * 2.0 AS b, 1.0 AS c"
            path = folder / f"day-{number:03}.parquet"
            connection.execute(f"COPY ({query} FROM range({day}) AS t(i)) TO '{path}' (FORMAT parquet)")
        at = f"TIMESTAMP '2025-01-01' + to_seconds(CAST(hash(i * 7) % {DAYS * 86_400} AS BIGINT))"
        query = f"SELECT i AS row, 'e' || (hash(i * 3) % {ENTITIES}) AS entity, {at} AS event_time"
        out = folder / "observations.parquet"
        connection.execute(f"COPY ({query} FROM range({OBSERVATIONS}) AS t(i)) TO '{out}' (FORMAT parquet)")


def measure(folder: Path) -> dict[str, float]:
    """Join what `generate` made: seconds, share of observations with a value, and this process's peak memory."""
    join = package("features.join")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rule = join.Rule(("a", "b", "c"), timedelta(hours=1), timedelta(days=30))
    began = time.perf_counter()
    found = join.join(folder / "observations.parquet", sorted(folder.glob("day-*.parquet")), rule)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    known = 1 - found[join.MATCHED].null_count / len(found)
    return {"seconds": round(seconds, 2), "before": round(before), "peak": round(peak), "known": round(known, 4)}


def joins() -> list[str]:
    """The join at each size; what is over its bound."""
    say("| values | observations | seconds | MB before | peak MB | found |\n| --- | --- | --- | --- | --- | --- |")
    over = []
    for rows in SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run([sys.executable, __file__, "--generate", scratch, str(rows)], check=True)
            done = subprocess.run([sys.executable, __file__, "--measure", scratch], check=True, capture_output=True)
        it = json.loads(done.stdout)
        figures = f"{it['seconds']} | {it['before']} | {it['peak']} | {it['known']:.1%}"
        say(f"| {rows:,} | {OBSERVATIONS:,} | {figures} |")
        if it["peak"] > MOST_MEGABYTES or (rows == SIZES[0] and it["seconds"] > MOST_SECONDS):
            over.append(f"{rows:,} values: {it['seconds']} s, {it['peak']} MB")
    return over


def landed(root: Path) -> Any:
    """`ROWS` trips of 60 days in `root`, by the data pipeline's own writer; gives their schema."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(7)
    frame = pd.DataFrame({"id": np.arange(ROWS)})
    seconds = np.sort(random.integers(0, 60 * 86_400, ROWS))
    frame["at"] = (pd.Timestamp("2025-01-01") + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]")
    frame["zone"] = [f"zone {number}" for number in random.integers(0, 300, ROWS)]
    frame["distance_km"] = np.round(random.gamma(2.0, 2.0, ROWS) + 0.1, 2)
    frame["duration_minutes"] = np.round(frame["distance_km"] * 3 + random.normal(0, 1, ROWS), 2)
    raw = {
        "source": {"folder": "drop"},
        "table": {
            "path": "x",
            "timestamp": "at",
            "target": "duration_minutes",
            "key": ["id"],
            "entity": "zone",
            "label_delay": "2h",
        },
        "columns": {"distance_km": {"kind": "numeric"}, "zone": {"kind": "categorical"}},
        "training": {"task": "regression"},
        "metric": {"name": "mae", "direction": "lower"},
    }
    wanted = package("model.project").parse(raw)
    land(root, frame, wanted)
    return wanted.schema_only


def land(root: Path, frame: Any, wanted: Any) -> None:
    """Make `frame` what is landed in `root`."""
    manifests, layouts = package("data.manifest"), package("data.layout")
    before = manifests.load(root)
    layout = layouts.resolve(wanted, manifests.Manifest(), frame)
    rows = layout.rows(layout.parsed(frame))
    files = package("data.partition").rewrite(root, manifests.Manifest(partition="day"), layout, rows, {})
    batch = manifests.Batch(id=before.next_id, source="bench", started="", finished="")
    after = before.having(number=before.number + 1, partition="day", columns=dict(layout.types), files=files)
    manifests.commit(root, before, after.having(batches=(batch,)))


def store(folder: Path) -> None:
    """Full, idle and small runs over the landed trips, then look-ups."""
    schema = landed(folder / "landed")
    sets = package("features.extended").feature_sets(schema)
    clock, materialise = package("clock").SystemClock(), package("features.materialise")

    def run() -> tuple[float, int]:
        began = time.perf_counter()
        done = materialise.run(folder / "landed", folder / "store", sets, clock, lambda _: None)
        return time.perf_counter() - began, sum(len(it.computed) for it in done)

    say(f"\n| materialisation, {ROWS:,} rows in 60 days | seconds | intervals | of the full run |")
    say("| --- | --- | --- | --- |")
    full = run()
    report("full", full, full)
    report("again, nothing changed", run(), full)
    correct_one_row(folder / "landed")
    report("one row of the last day corrected", run(), full)
    look_up(folder / "store", sets)


def report(name: str, done: tuple[float, int], full: tuple[float, int]) -> None:
    """A line of the table."""
    say(f"| {name} | {done[0]:.2f} | {done[1]} | {done[0] / full[0]:.1%} |")


def correct_one_row(root: Path) -> None:
    """Rewrite the last partition with one label changed, and commit."""
    import pandas as pd

    manifests = package("data.manifest")
    before = manifests.load(root)
    last = before.files[-1]
    rows = pd.read_parquet(root / last.path, partitioning=None)
    minutes = rows["duration_minutes"].to_numpy(dtype="float64")
    rows["duration_minutes"] = [*minutes[:-1], minutes[-1] + 1]
    partition, layouts = package("data.partition"), package("data.layout")
    layout = layouts.Layout(before.columns, "at", "at", ("id",))
    files = (*before.files[:-1], partition.write(root, last.path.split("/")[0], rows, layout))
    batch = manifests.Batch(id=before.next_id, source="bench", started="", finished="")
    manifests.commit(root, before, before.having(number=before.number + 1, files=files, batches=(batch,)))


def look_up(folder: Path, sets: Any) -> None:
    """Time single look-ups of random entities."""
    online, retrieval = package("features.online"), package("features.retrieval")
    count = package("features.publish").run(folder, sets, datetime(2025, 3, 2, tzinfo=UTC))[0]
    wanted = retrieval.wanted(sets[0])
    with closing(online.Online(folder)) as values:
        names = values.entities(wanted, count)
        times = timed(lambda number: values.fresh(wanted, names[number % count], datetime(2025, 3, 2)))
    say(f"\n| look-up, {count} entities, {LOOKUPS:,} times | median | p99 | worst |\n| --- | --- | --- | --- |")
    say(f"| microseconds | {median(times):.0f} | {quantiles(times, n=100)[98]:.0f} | {max(times):.0f} |")


def timed(ask: Callable[[int], object]) -> list[float]:
    """Microseconds of each call."""
    times = []
    for number in range(LOOKUPS):
        began = time.perf_counter()
        ask(number * 7919)
        times.append((time.perf_counter() - began) * 1e6)
    return times


def spark(root: Path, offline: Path, exported: Path) -> None:
    """Run each exported transformation over the landed files, and compare with the offline store."""
    import pandas as pd

    builder = (
        import_module("pyspark.sql").SparkSession.builder.master("local[2]").config("spark.sql.session.timeZone", "UTC")
    )
    session = builder.config("spark.ui.enabled", "false").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    paths = [str(root / file["path"]) for file in json.loads((root / "manifest.json").read_text())["files"]]
    for code in sorted(exported.glob("*/*/spec/transformation_code/*.py")):
        spec = spec_from_file_location(code.stem, code)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        theirs = module.Transformation().transform(session.read.parquet(*paths)).toPandas()
        stored = sorted((offline / code.stem / code.parents[2].name).glob("*.parquet"))
        ours = pd.concat([pd.read_parquet(path) for path in stored])
        keys = list(theirs.columns[:2])
        both = ours.set_axis([*keys, *ours.columns[2:]], axis=1).merge(theirs, on=keys, how="outer", indicator=True)
        strange = int((both["_merge"] != "both").sum())
        for name in ours.columns[2:]:
            one, other = both[f"{name}_x"], both[f"{name}_y"]
            missing = int((one.isna() != other.isna()).sum())
            most = (one - other).abs().max()
            say(f"{name}: {len(both):,} values, {strange + missing} on one side only, at most {most:.1e} apart")


def main() -> None:
    over = joins()
    with tempfile.TemporaryDirectory() as scratch:
        store(Path(scratch))
    if over:
        sys.exit(f"over {MOST_SECONDS} s for {SIZES[0]:,} values, or {MOST_MEGABYTES} MB: {'; '.join(over)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--generate"]:
        generate(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["--measure"]:
        say(json.dumps(measure(Path(sys.argv[2]))))
    elif sys.argv[1:2] == ["--spark"]:
        spark(Path("data/landed"), Path("workspaces/dev/features/offline"), Path("build/azure/features"))
    else:
        main()
