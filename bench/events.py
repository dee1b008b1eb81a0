"""The event bus under kills: what is lost, what happens twice, and that two sabotages are seen.

Run by an emitted repo's Python, from its root: `python .../bench/events.py`. The engine is in its `tests/events`.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import click


def engine() -> Any:
    """`tests/events/crash.py` of the repo in which this runs."""
    sys.path[:0] = ["src", "tests"]
    return import_module("events.crash")


def main() -> None:
    crash = engine()
    sabotaged = {"events": 100, "broker": 2, "consumer": 4, "relay": 2, "dies": 0.05}
    plans = {
        "whole": crash.Plan(),
        "whole, another seed": crash.Plan(seed=11),
        **{f"sabotage: {name}": crash.Plan(**sabotaged, sabotage=name) for name in (crash.FORGETS, crash.HASTY)},
    }
    heads = ["run", *crash.Found.heads()]
    click.echo(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    wrong = []
    for name, plan in plans.items():
        with tempfile.TemporaryDirectory() as scratch:
            found = crash.run(Path(scratch), plan)
        click.echo(f"| {name} | {' | '.join(found.row)} |")
        held = not (found.lost or found.repeated or found.invented)
        if held == bool(plan.sabotage):
            wrong.append(name)
    if wrong:
        sys.exit(f"not as it must be: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
