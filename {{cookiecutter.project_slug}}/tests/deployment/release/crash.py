"""Releases whose process is killed, while people call: the state is always a committed one, and a rerun finishes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import layers
from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.deployment.comparison import plan
from {{cookiecutter.package_name}}.deployment.release import champions, journal, machine, order, stages
from {{cookiecutter.package_name}}.deployment.release.journal import DONE, OPEN, Release
from {{cookiecutter.package_name}}.deployment.release.world import World

from . import fleet, people

COMMAND = (sys.executable, "-m", layers.PACKAGE, "rollout")
LONGEST = 120.0  # seconds that a release may take


@dataclass
class Found:
    """What came of it; `wrong` has a line for each thing that should not be."""

    releases: int = 0
    kills: int = 0
    steps: list[str] = field(default_factory=list)
    requests: int = 0
    failed: int = 0
    wrong: list[str] = field(default_factory=list)

    @staticmethod
    def heads() -> list[str]:
        return ["releases", "kills", "at steps", "requests", "failed", "not committed, not finished or done twice"]

    @property
    def row(self) -> list[str]:
        at = f"{len(set(self.steps))} different ones"
        return [
            *map(str, (self.releases, self.kills)),
            at,
            f"{self.requests:,}",
            str(self.failed),
            str(len(self.wrong)),
        ]


def real(world: World) -> World:
    """The same world in its own time, as a command has it."""
    return replace(world, clock=SystemClock())


@contextmanager
def served(template: Path, target: Path) -> Iterator[World]:
    """A world in `target` whose endpoint serves version 1."""
    world = real(fleet.world_of(fleet.copied(template, target / "repo")))
    with fleet.endpoint(world):
        ended = machine.follow(world, machine.start(world, "1"), lambda: time.sleep(0.1))
        assert ended.status == DONE, ended.said
        yield world


def challenger(world: World) -> str:
    """The next version that does not serve."""
    serving = {world.endpoint.current().deployments[name].digest for name in world.endpoint.current().traffic}
    last = journal.latest(world.prod, 1)[0].version
    others = [it.number for it in world.registry(world.dev).versions() if it.sha256 not in serving]
    return next((it for it in others if it != last), others[0])


def command(world: World, *words: str) -> subprocess.Popen[bytes]:
    """A command in a process of its own, in the repo."""
    told = {**os.environ, "PYTHONPATH": str(Path("src").resolve())}
    out = (world.root / "rollout.log").open("ab")
    with out:
        return subprocess.Popen([*COMMAND, *words], cwd=world.root, env=told, stdout=out, stderr=out)  # noqa: S603 - ours


def trial(world: World, found: Found, doomed: Callable[[subprocess.Popen[bytes]], None]) -> None:
    """One release: its process meets its doom; then another one finishes it."""
    version = challenger(world)
    with people.calling(world, version) as them:
        process = command(world, "start", version, "--follow", "--every", "0.1")
        doomed(process)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            found.kills += 1
        process.wait()
        committed(world, found)
        finished(world, version, found)
    found.releases += 1
    found.requests += them.counts.requests
    found.failed += len(them.counts.failed)


def committed(world: World, found: Found) -> None:
    """The endpoint is as the release, or nobody, has committed it; and acts on it."""
    have, release = world.endpoint.current(), journal.latest(world.prod, 1)[0]
    found.steps.append(release.step if release.status == OPEN else release.status)
    if release.status != OPEN or not release.incumbent:
        return
    known = [stages.shares(release, it) for it in release.rules.stages]
    known += [({release.incumbent: 100}, {}), ({release.slot: 100}, {})]
    if (dict(have.traffic), dict(have.mirror)) not in [(dict(live), dict(copies)) for live, copies in known]:
        found.wrong.append(f"{release.sentence}: {dict(have.traffic)}, {dict(have.mirror)} is no state of it")


def finished(world: World, version: str, found: Found) -> None:
    """A rerun ends with the candidate in full traffic, the champion of both, each step done once."""
    digest = world.registry(world.dev).get(version).sha256
    until = time.monotonic() + LONGEST
    while (release := newest(world, version)).status == OPEN and time.monotonic() < until:
        machine.follow(world, release, lambda: time.sleep(0.1))
    have = world.endpoint.current()
    if release.status != DONE:
        found.wrong.append(release.sentence)
    elif {have.deployments[name].digest: share for name, share in have.traffic.items()} != {digest: 100}:
        found.wrong.append(f"{release.sentence}: {dict(have.traffic)}")
    elif not champions.crowned(world, digest) or world.registry(world.dev).champion() is None:
        found.wrong.append(f"{release.sentence}: it is not the champion")
    world.registry(world.prod).history()  # which proves the ledger
    done = [it.step for it in journal.history(world.prod, release.id) if it.outcome == "next"]
    if release.status == DONE and done != list(order.names(release.rules)):
        found.wrong.append(f"{release.sentence}: steps {done}")


def newest(world: World, version: str) -> Release:
    """The release of `version`; begun by us where the process died before it was."""
    found = journal.latest(world.prod, 1)[0]
    wanted = world.registry(world.dev).get(version).number
    return found if found.version == wanted else machine.start(world, version)


def at_step(world: World, step: str) -> Callable[[subprocess.Popen[bytes]], None]:
    """Doom as soon as the release has come to a step, or where it comes no further."""
    names = order.names(world.plan)

    def wait(process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + LONGEST
        while process.poll() is None and time.monotonic() < until:
            open_one = journal.current(world.prod)
            if open_one is not None and names.index(open_one.step) >= names.index(step):
                return
            time.sleep(0.002)

    return wait


def after(world: World, seconds: float) -> Callable[[subprocess.Popen[bytes]], None]:
    """Doom so long after the release was opened."""

    def wait(process: subprocess.Popen[bytes]) -> None:
        at_step(world, order.first(world.plan))(process)
        until = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.005)

    return wait


def sabotaged(template: Path, scratch: Path) -> Found:
    """An undisturbed release by a journal that forgets what was done first: to be seen as wrong."""
    found, whole = Found(), journal.history
    with served(template, scratch) as world, pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "history", lambda *given: whole(*given)[1:])
        trial(world, found, after(world, LONGEST))
    return found


def every_step() -> tuple[str, ...]:
    """The steps of a release by the plan of these tests."""
    return order.names(plan.parse(tomllib.loads(fleet.PLAN)))


def seconds(world: World) -> float:
    """How long the last release took."""
    last = journal.latest(world.prod, 1)[0]
    began = datetime.fromisoformat(last.opened)
    return (datetime.fromisoformat(journal.history(world.prod, last.id)[-1].at) - began).total_seconds()


def run(template: Path, scratch: Path, steps: tuple[str, ...], moments: int, seed: int = 7) -> Found:
    """A kill at each of `steps`, then `moments` ones at random within the time that a release takes."""
    found, moment = Found(), random.Random(seed)  # noqa: S311 - not a secret
    with served(template, scratch) as world:
        for step in steps:
            trial(world, found, at_step(world, step))
        if moments:
            trial(world, found, after(world, LONGEST))  # undisturbed, to know how long it takes
            usual = seconds(world)
        for _ in range(moments):
            trial(world, found, after(world, moment.uniform(0, usual)))
    return found
