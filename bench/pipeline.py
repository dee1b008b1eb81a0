"""The training pipeline on 50,000 rows of the sample, from its command to its end: cold, warm, with nothing new.

Run by an emitted Level 2 repo's Python, from that repo's root: `python .../bench/pipeline.py` (the package is found in
`src`). It works in a copy of the repo, and leaves the repo as it is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import click

ROWS, REPEATS = 50_000, 3
WORDS = {"cold: a new workspace": [], "warm: `--fresh`, every step": ["--fresh"], "nothing new: steps skipped": []}
NEEDED = ("src", "azure", "environments", "pyproject.toml", "project.toml", "gate.toml", "levels.toml", ".ladder.json")
STEP, TOOK, LAST = re.compile(r"\[\d+/\d+\] (\w+)"), re.compile(r"^ +([\d.]+) s"), re.compile(r"MLflow ([\d.]+) s\)$")


@dataclass
class Seen:
    """What was measured of one kind of run, in seconds, once for each repetition."""

    wall: list[float] = field(default_factory=list)
    mlflow: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=dict)


def package() -> str:
    """The one package of the repo in which this runs."""
    return next(path.parent.name for path in Path("src").glob("*/layers.py"))


def copied(folder: Path) -> Path:
    """A copy of the repo with the sample in it."""
    root = folder / "repo"
    root.mkdir()
    for name in NEEDED:
        if Path(name).is_dir():
            shutil.copytree(name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif Path(name).is_file():
            shutil.copyfile(name, root / name)
    mlops(root, "sample", "--rows", str(ROWS))
    return root


def mlops(root: Path, *words: str) -> tuple[float, str]:
    """(seconds, output) of a command in a process of its own, as a person starts it."""
    command = [sys.executable, "-m", package(), *words]
    started = time.perf_counter()
    told = {**os.environ, "PYTHONPATH": str(root / "src")}
    ran = subprocess.run(command, cwd=root, env=told, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if ran.returncode:
        sys.exit(f"{' '.join(words)} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
    return seconds, ran.stdout


def measure(root: Path, seen: dict[str, Seen]) -> None:
    """One repetition: from nothing, again in full, again with nothing to do."""
    for folder in ("workspaces", "data/landed"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for name, words in WORDS.items():
        seconds, output = mlops(root, "pipeline", "run", "--allow-uncommitted", *words)
        seen[name].wall.append(seconds)
        seen[name].mlflow.append(mlflow(output))
        for step, took in steps(output):
            seen[name].steps.setdefault(step, []).append(took)


def mlflow(output: str) -> float:
    """The seconds that the run's last line gives to MLflow's calls."""
    found = LAST.search(output.strip())
    if found is None:
        sys.exit(f"the run did not say how long MLflow took:\n{output}")
    return float(found[1])


def steps(output: str) -> list[tuple[str, float]]:
    """(step, seconds) of those that ran, as the run tells them."""
    out, name = [], ""
    for line in output.splitlines():
        if found := STEP.match(line):
            name = found[1]
        elif name and (found := TOOK.match(line)):
            out.append((name, float(found[1])))
    return out


def to_import() -> float:
    """The seconds that importing MLflow takes, beside what the pipeline imports anyway."""
    timed = "t = time.perf_counter(); import mlflow; print(time.perf_counter() - t)"
    code = f"import time, sklearn, pandas, sqlalchemy; {timed}"
    told = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    ran = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, check=True)
    return float(ran.stdout)


def main() -> None:
    seen = {name: Seen() for name in WORDS}
    before = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    with tempfile.TemporaryDirectory() as folder:
        root = copied(Path(folder))
        for _ in range(REPEATS):
            measure(root, seen)
    imports = median(to_import() for _ in range(REPEATS))
    click.echo(f"{ROWS:,} rows, medians of {REPEATS}; other work on the machine: load {before:.1f} before it began.\n")
    click.echo("| run | seconds | MLflow's calls | share | slowest steps |\n| --- | ---: | ---: | ---: | --- |")
    for name, it in seen.items():
        wall, calls = median(it.wall), median(it.mlflow)
        slow = sorted(((median(took), step) for step, took in it.steps.items()), reverse=True)[:4]
        told = ", ".join(f"{step} {took:.1f}" for took, step in slow if took >= 0.05) or "none"
        click.echo(f"| {name} | {wall:.1f} | {calls:.1f} | {calls / wall:.0%} | {told} |")
    click.echo(f"\nEach run begins with imports, of which MLflow's take {imports:.1f} s.")


if __name__ == "__main__":
    main()
