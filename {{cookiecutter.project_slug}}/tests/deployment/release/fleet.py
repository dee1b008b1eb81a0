"""A repo with three registered versions, and an endpoint of real processes: what releases are tested on.

Version 1 is a linear model of rows that have noise, 2 the same of fewer rows, 3 of other ones: near enough to each
other for every gate, and other files.
"""

from __future__ import annotations

import atexit
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pandas as pd
from training import made

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.deployment.promotion import create, workspaces
from {{cookiecutter.package_name}}.deployment.release import world
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import running
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.training import run
from {{cookiecutter.package_name}}.workspace import Workspace

from ..promotion import world as promotion

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
VERSIONS = 3
GOLDEN = 0.6180339887  # whose multiples fall evenly between 0 and 1
PLAN = """
[shadow]
pairs = 20
[ramp]
percent = [50, 100]
rows = 20
[test]
rows = 2000
outcomes = 0.0
[guardrails]
rows = 20
slack_ms = 2000.0
"""


@cache
def trained(template: Path) -> Path:
    """The repo. Never change it: `copied` gives one to work with."""
    parent = Path(mkdtemp(prefix="fleet-"))
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    root = made.repo(parent / "repo", template)
    (root / "workspaces.toml").write_text(promotion.WORKSPACES, encoding="utf-8")
    (root / "modeltests.toml").write_text(promotion.LIMITS, encoding="utf-8")
    (root / "release.toml").write_text(PLAN, encoding="utf-8")
    create.run(workspaces.load(root), ())
    before = {name: os.environ.pop(name, None) for name in promotion.OF_THE_PERSON}
    here = Path.cwd()
    os.chdir(root)
    try:
        for number in range(VERSIONS):
            project = made.PROJECT.replace("seed = 7", f"seed = 7\ntest_fraction = {0.2 + number / 50}")
            project = project.replace('label_delay = "1h"', 'label_delay = "0s"')  # what came true is known at once
            (root / "project.toml").write_text(project, encoding="utf-8")
            made.commit(root, f"version {number + 1}")
            run.start(Workspace(root), "training", run.Options(), SimulatedClock(AT), lambda _: None)
    finally:
        os.chdir(here)
        os.environ.update({name: text for name, text in before.items() if text is not None})
    return root


def copied(template: Path, target: Path) -> Path:
    """A copy of that repo in `target`."""
    return promotion.duplicate(trained(template), target)


def world_of(root: Path, said: list[str] | None = None) -> World:
    """The world of a repo, at a time of its own that only a test moves."""
    echo: Callable[[str], None] = (lambda _: None) if said is None else said.append
    return world.of(root, SimulatedClock(AT), echo, "tester")


@contextmanager
def endpoint(it: World, *words: str) -> Iterator[str]:
    """The endpoint of production, of real processes; gives its address. `words` go to `mlops endpoint up`."""
    running.detach(it.prod, ["--port", "0", *words], lambda _: None)
    try:
        known = running.read(Layout(it.prod))
        assert known is not None
        yield str(known["address"])
    finally:
        running.down(it.prod)


def answers(
    count: int, loss: dict[str, float], at: datetime, *, shadow: str = "", share: float = 0.5, status: int = 200
) -> pd.DataFrame:
    """Rows as `joined.read` gives them: each deployment of `loss` is wrong by so much.

    The second of them gets `share` of the requests, as copies where it is the `shadow`; it answers with `status`.
    """
    rows: list[dict[str, Any]] = []
    for number in range(count):
        ours = number * GOLDEN % 1 < share
        names = [it for it in loss if ours or it != shadow] if shadow else [list(loss)[int(ours)]]
        for name in names:
            when = at + timedelta(seconds=number)
            missed = loss[name] * (1 + (number % 7) / 10)
            mark = status if name == list(loss)[-1] else 200
            rows.append(
                {
                    "event_id": f"{name}-{number}",
                    "at": when,
                    "request": f"request {number}",
                    "entity": f"person {number}",
                    "deployment": name,
                    "digest": name,
                    "shadow": name == shadow,
                    "status": mark,
                    "latency_ms": 2.0 + number % 3,
                    "prediction": 10.0 + missed,
                    "outcome": 10.0,
                    "assigned": name,
                    "forced": False,
                }
            )
    table = pd.DataFrame(rows)
    table["at"] = pd.to_datetime(table["at"], utc=True)
    return table


def until(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until `what` gives something true, and give that."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"it did not come about within {seconds} s"
        time.sleep(0.01)
    return found


__all__ = ["AT", "answers", "copied", "endpoint", "trained", "until", "workspace", "world_of"]
