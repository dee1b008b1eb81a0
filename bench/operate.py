"""`mlops operate` killed at random moments while it answers signals of drift, and people call.

Run by an emitted repo's Python, from its root: `python .../bench/operate.py [--kills 30]`. The engine is in its
`tests/operations/loop`.
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
    """`tests/operations/loop/crash.py` of the repo in which this runs."""
    sys.path[:0] = [str(Path("src").resolve()), str(Path("tests").resolve())]
    return import_module("operations.loop.crash")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=30)
    kills = options.parse_args().kills
    crash, here = engine(), Path.cwd()
    click.echo(f"| {' | '.join(crash.Found.heads())} |\n|{' --- |' * len(crash.Found.heads())}")
    with tempfile.TemporaryDirectory() as scratch:
        found = crash.run(here, Path(scratch), kills)
    click.echo(f"| {' | '.join(found.row)} |")
    if found.wrong or found.failed or found.kills < kills:
        sys.exit("not as it must be:\n" + "\n".join([*found.wrong, f"{found.failed} requests failed"]))


if __name__ == "__main__":
    main()
