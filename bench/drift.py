"""Drift checks: how long they take beside Evidently, how often they alarm for nothing, how soon they see a shift.

Run by an emitted repo's Python, from its root: `python .../bench/drift.py [--quick]`, which leaves out the largest size
and Evidently. Evidently is measured where its environment was made, which `make bench` does.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from click import echo

if __package__ in (None, ""):  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import drift_rates, setting
from bench import drift_rows as made

SIZES, BESIDE, TIMES, AIM = (1_000_000, 10_000_000), 1_000_000, 7, 0.5
HERE = Path(__file__).parent
Figures = dict[str, float]


def measure(folder: Path, size: int) -> Figures:
    """Seconds of a check by every measure, from files, with the reference's profile kept; peak memory in MB."""
    learn, kept, check = map(made.module, ("learn", "kept", "check"))
    rules, watched = made.module("rules").read(), made.watched()
    reference, window = folder / f"reference-{size}.parquet", folder / f"window-{size}.parquet"
    shelf = kept.Shelf(folder / f"kept-{size}")
    seconds: dict[str, list[float]] = {"all": [], "digest": []}
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        about = kept.about(kept.of_files(reference), watched, "at", rules.check.block)
        known = time.perf_counter()
        profile = shelf.profile(about, lambda: learn.run(reference, watched, "at", rules.check.block))
        found = check.run([profile], [window], rules, shelf)
        seconds["all"].append(time.perf_counter() - began)
        seconds["digest"].append(known - began)
    first, whole, digest = seconds["all"][0], median(seconds["all"][1:]), median(seconds["digest"][1:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"first": first, "check": whole - digest, "digest": digest, "peak": peak, "checks": len(found.findings)}


def apart(*words: str) -> str:
    """What this file says in a process of its own, whose memory is its own."""
    return subprocess.run([sys.executable, __file__, *words], check=True, capture_output=True, text=True).stdout


def speed(folder: Path, sizes: tuple[int, ...]) -> None:
    """Each size, the last against the first."""
    echo("| rows x 20 | first look | check, reference kept | of it again: the reference's digest | peak MB | checks |")
    echo("| --- | ---: | ---: | ---: | ---: | ---: |")
    found = {}
    for size in sizes:
        apart("--prepare", str(folder), str(size))
        found[size] = it = json.loads(apart("--measure", str(folder), str(size)))
        times = f"{it['first']:.2f} s | {it['check']:.3f} s | {it['digest']:.3f} s"
        echo(f"| {size:,} | {times} | {it['peak']:.0f} | {it['checks']} |")
    least, most = found[sizes[0]], found[sizes[-1]]
    good = "met" if least["check"] < AIM else "NOT MET"
    echo(f"\n{sizes[0]:,} rows, median of {TIMES}: {least['check']:.3f} s, aim below {AIM:g} s: {good}")
    if len(sizes) > 1:
        rows = sizes[-1] / sizes[0]
        times, memory = most["check"] / least["check"], most["peak"] / least["peak"]
        echo(f"{rows:g} times the rows take {times:.1f} times as long and {memory:.2f} times the memory.")


def beside(folder: Path, size: int) -> None:
    """The same files by Evidently, once: it takes minutes."""
    evidently = setting.Environment(setting.BUILD / "evidently")
    if not evidently.python.is_file():
        echo("\nEvidently was not measured: `make bench` makes its environment.")
        return
    paths = [str(folder / f"{name}-{size}.parquet") for name in ("reference", "window")]
    said = setting.run(str(evidently.python), "-W", "ignore", str(HERE / "drift_evidently.py"), *paths)
    it = json.loads(said.splitlines()[-1])
    name = f"Evidently {evidently.version('evidently')}, default preset, {size:,} rows x 20 in memory"
    echo(f"\n{name}: {it['seconds']:.1f} s, {it['peak']:.0f} MB")


def main(words: list[str]) -> None:
    if words[:1] == ["--prepare"]:
        for name, seed in (("reference", 1), ("window", 2)):
            made.write(Path(words[1]) / f"{name}-{words[2]}.parquet", int(words[2]), seed)
    elif words[:1] == ["--measure"]:
        echo(json.dumps(measure(Path(words[1]), int(words[2]))))
    else:
        quick = "--quick" in words
        with tempfile.TemporaryDirectory() as scratch:
            speed(Path(scratch), SIZES[:1] if quick else SIZES)
            if not quick:
                beside(Path(scratch), BESIDE)
        drift_rates.run()


if __name__ == "__main__":
    main(sys.argv[1:])
