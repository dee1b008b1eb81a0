"""What people wait for: emission, the command line's help, training. Median of several, in seconds."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from . import setting

EMIT = """
import sys, time
from pathlib import Path
from cookiecutter.main import cookiecutter
from ladder import new
started = time.perf_counter()
new.create(Path(sys.argv[1]), {"maturity_level": sys.argv[2]})
print(time.perf_counter() - started)
"""


@dataclass(frozen=True)
class Timing:
    """One figure and the aim that it is held against, in seconds."""

    name: str
    seconds: float
    aim: float


def run() -> list[Timing]:
    """All timings; the emitted project must be there."""
    help_command = [str(setting.OURS.python), "-m", setting.PACKAGE, "--help"]
    return [
        Timing("emission of level 4, tool started", median(emission(number) for number in range(5)), 1.0),
        Timing("`mlops --help`", repeated(lambda: quiet(help_command), 9), 0.5),
        Timing(f"`mlops train`, {setting.ROWS:,} sample rows", repeated(lambda: setting.mlops("train"), 3), 10.0),
    ]


def emission(number: int) -> float:
    """One emission without the interpreter's and cookiecutter's start."""
    target = setting.BUILD / f"emitted-{number}"
    setting.run(sys.executable, "-c", "import shutil, sys; shutil.rmtree(sys.argv[1], True)", str(target))
    return float(setting.run(sys.executable, "-c", EMIT, str(target), "4"))


def quiet(command: list[str]) -> None:
    subprocess.run(command, cwd=setting.PROJECT, check=True, capture_output=True, env=setting.environment())


def repeated(action: Callable[[], object], times: int) -> float:
    """The median duration of an action."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        found.append(time.perf_counter() - started)
    return median(found)
