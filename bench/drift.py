"""Drift checks: how long they take, how often they alarm for nothing, and how soon they see a shift of a given size.

Run by an emitted repo's Python, from that repo's root: `python .../bench/drift.py` (the package is found in `src`).
`--evidently PYTHON` names an interpreter that has Evidently, to measure beside it; `--quick` leaves out the largest.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from click import echo

SIZES = (100_000, 1_000_000, 10_000_000)
PART = 1 << 17
NUMBERS, NAMES = 12, 8
REPLAYS, SHIFTS, WINDOWS = 200, (0.25, 0.5, 1.0), 40
DAYS, A_DAY = 56, 200
START = np.datetime64("2026-01-05", "us")


def module(name: str) -> Any:
    """A module of the emitted package."""
    package = next(path.parent.name for path in Path("src").glob("*/layers.py"))
    if "src" not in sys.path:
        sys.path.insert(0, "src")
    return import_module(f"{package}.operations.drift.{name}")


def watched() -> list[Any]:
    """The twenty columns."""
    profile = module("profile")
    numeric = [profile.Watched(f"number_{at:02d}", "numeric") for at in range(NUMBERS)]
    return [*numeric, *(profile.Watched(f"name_{at:02d}", "categorical") for at in range(NAMES))]


def wandering(random: np.random.Generator, days: int, columns: int) -> Any:
    """Levels by day that remember the day before: what makes rows of one day alike."""
    new = random.normal(0.0, 0.2, (days, columns))
    out = np.zeros((days, columns))
    out[0] = new[0] / np.sqrt(1 - 0.5**2)
    for day in range(1, days):
        out[day] = 0.5 * out[day - 1] + new[day]
    return out


def rows(random: np.random.Generator, at: Any, levels: Any, shift: float = 0.0, first: int = 0) -> Any:
    """Rows at days `at`; with a shift, `number_00` and `name_00` move by so many standard deviations from day `first`."""
    pa = import_module("pyarrow")
    moved = shift * (at >= first)
    columns: dict[str, Any] = {}
    for number in range(NUMBERS):
        values = random.normal(levels[at, number], 1.0) + (moved if number == 0 else 0.0)
        columns[f"number_{number:02d}"] = np.exp(values) if number % 4 == 3 else values
    for number in range(NAMES):
        level = random.normal(levels[at, NUMBERS + number], 1.0) + (moved if number == 0 else 0.0)
        cut = np.linspace(-2, 2, 4 + 3 * number)
        columns[f"name_{number:02d}"] = pa.DictionaryArray.from_arrays(
            np.searchsorted(cut, level).astype(np.int32), [f"n{it}" for it in range(len(cut) + 1)]
        )
    seconds = random.integers(0, 86_400, len(at)).astype("timedelta64[s]")
    columns["at"] = START + at.astype("timedelta64[D]") + seconds
    return pa.table(columns)


def parts(size: int, seed: int, shift: float = 0.0) -> Iterator[Any]:
    """`size` rows over the days, part by part."""
    random = np.random.default_rng(seed)
    levels = wandering(random, DAYS, NUMBERS + NAMES)
    for first in range(0, size, PART):
        at = (np.arange(first, min(first + PART, size)) * DAYS) // size
        yield rows(random, at, levels, shift)


def write(path: Path, size: int, seed: int, shift: float = 0.0) -> None:
    pq = import_module("pyarrow.parquet")
    made = parts(size, seed, shift)
    table = next(made)
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        for part in made:
            writer.write_table(part)


def measure(folder: Path, size: int) -> dict[str, float]:
    """Seconds of each step for `size` rows against as many, the best of three, and the peak of memory in MB."""
    learn, profile, calibrate, check, rules = map(module, ("learn", "profile", "calibrate", "check", "rules"))
    asked = rules.read()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    reference = learn.run(folder / f"reference-{size}.parquet", watched(), "at", asked.check.block)
    out: dict[str, float] = {"reference": time.perf_counter() - began}
    best = {"count": np.inf, "thresholds": np.inf, "judge": np.inf}
    for _ in range(3):
        began = time.perf_counter()
        window = profile.window(folder / f"window-{size}.parquet", reference)
        counted = time.perf_counter()
        limits = calibrate.thresholds([reference], [window], asked)
        known = time.perf_counter()
        found = check.judge([reference], [window], limits)
        ended = time.perf_counter()
        took = {"count": counted - began, "thresholds": known - counted, "judge": ended - known}
        best = {name: min(best[name], took[name]) for name in best}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return out | best | {"before": before, "peak": peak, "checks": len(found.findings)}


def speed(sizes: tuple[int, ...]) -> None:
    echo("| rows x 20 | reference once | check | of it thresholds | MB before | peak MB | time a row | peak |")
    echo("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    first: dict[str, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            for call in (["--prepare", scratch, str(size)],):
                subprocess.run([sys.executable, __file__, *call], check=True)
            words = [sys.executable, __file__, "--measure", scratch, str(size)]
            it = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
        whole = it["count"] + it["thresholds"] + it["judge"]
        first = first or {"row": whole / size, "peak": it["peak"]}
        ratios = f"x {whole / size / first['row']:.2f} | x {it['peak'] / first['peak']:.2f}"
        figures = f"{it['reference']:.2f} s | {whole:.2f} s | {it['thresholds']:.2f} s | {it['before']:.0f} | {it['peak']:.0f}"
        echo(f"| {size:,} | {figures} | {ratios} |")


def one(seed: int, shift: float = 0.0, day: int | None = None) -> Any:
    """A check of a week after eight; the shift began `day` days before its end (by default with it)."""
    learn, check, rules = (module(name) for name in ("learn", "check", "rules"))
    random = np.random.default_rng([seed, 1])
    levels = wandering(random, DAYS + 7, NUMBERS + NAMES)
    at = np.repeat(np.arange(DAYS + 7), A_DAY)
    table = rows(random, at, levels, shift, DAYS + 7 - (7 if day is None else day))
    asked = rules.read()
    reference = learn.run(table.slice(0, DAYS * A_DAY), watched(), "at", asked.check.block)
    return check.run([reference], [table.slice(DAYS * A_DAY)], asked)


def rates() -> None:
    """False alarms without drift; how often a shift is seen, and after how many days."""
    asked = module("rules").read()
    alarms = sum(one(seed).drifted for seed in range(REPLAYS))
    stated = asked.check.false_alarms
    echo(f"\nfalse alarms: {alarms} of {REPLAYS} weeks without drift ({alarms / REPLAYS:.1%}, stated {stated:.1%})\n")
    echo("| shift of two of 20 columns | seen after a whole week | days until seen, median |\n| --- | ---: | ---: |")
    for shift in SHIFTS:
        whole, delays = 0, []
        for seed in range(WINDOWS):
            seen = [day for day in range(1, 8) if {"number_00", "name_00"} & columns(one(1000 + seed, shift, day))]
            whole += 7 in seen
            delays.append(min(seen, default=np.inf))
        echo(f"| {shift:g} standard deviations | {whole / WINDOWS:.0%} | {np.median(delays):g} |")


def columns(found: Any) -> set[str]:
    return {it.column for it in found.alarms}


def beside(python: str, size: int) -> None:
    """The same rows by Evidently's default drift preset."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, __file__, "--prepare", scratch, str(size)], check=True)
        code = (
            "import sys, time, pandas as pd\n"
            "from evidently import Report\nfrom evidently.presets import DataDriftPreset\n"
            "a, b = (pd.read_parquet(it).drop(columns='at') for it in sys.argv[1:3])\n"
            "began = time.perf_counter(); Report([DataDriftPreset()]).run(b, a); print(time.perf_counter() - began)\n"
        )
        paths = [f"{scratch}/{name}-{size}.parquet" for name in ("reference", "window")]
        done = subprocess.run([python, "-W", "ignore", "-c", code, *paths], capture_output=True, text=True, check=True)
        echo(f"\nEvidently, default drift preset, {size:,} rows x 20: {float(done.stdout.split()[-1]):.1f} s")


def main(words: list[str]) -> None:
    if words[:1] == ["--prepare"]:
        for name, seed in (("reference", 1), ("window", 2)):
            write(Path(words[1]) / f"{name}-{words[2]}.parquet", int(words[2]), seed)
    elif words[:1] == ["--measure"]:
        echo(json.dumps(measure(Path(words[1]), int(words[2]))))
    else:
        speed(SIZES[:2] if "--quick" in words else SIZES)
        rates()
        if "--evidently" in words:
            beside(words[words.index("--evidently") + 1], SIZES[0])
        else:
            echo("\nEvidently was not measured: name an interpreter that has it, --evidently PYTHON")


if __name__ == "__main__":
    main(sys.argv[1:])
