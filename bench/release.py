"""Releases whose process is killed at each step and at random moments, while people call; and that a sabotage is seen.

Run by an emitted repo's Python, from its root: `python .../bench/release.py [--moments 50]`. The engine is in its
`tests/deployment/release`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import click


def engine() -> Any:
    """`tests/deployment/release/crash.py` of the repo in which this runs."""
    sys.path[:0] = [str(Path("src").resolve()), str(Path("tests").resolve())]
    return import_module("deployment.release.crash")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--moments", type=int, default=50)
    moments = options.parse_args().moments
    crash, here = engine(), Path.cwd()
    plans = {"at each step": (crash.every_step(), 0), "at random moments": ((), moments)}
    click.echo(f"| killed | {' | '.join(crash.Found.heads())} |\n|{' --- |' * (1 + len(crash.Found.heads()))}")
    wrong: list[str] = []
    for name, (steps, random) in plans.items():
        with tempfile.TemporaryDirectory() as scratch:
            found = crash.run(here, Path(scratch), steps, random)
        click.echo(f"| {name} | {' | '.join(found.row)} |")
        wrong += [f"{name}: {it}" for it in found.wrong]
        if found.failed or not found.kills:
            wrong.append(f"{name}: {found.failed} requests failed, {found.kills} kills")
    with tempfile.TemporaryDirectory() as scratch:
        found = crash.sabotaged(here, Path(scratch))
    click.echo(f"| sabotage: a step is forgotten | {' | '.join(found.row)} |")
    if not found.wrong:
        wrong.append("the sabotage was not seen")
    if wrong:
        sys.exit("not as it must be:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
