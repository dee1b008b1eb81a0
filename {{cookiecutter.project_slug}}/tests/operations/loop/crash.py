"""`mlops operate` is killed again and again while it answers a signal: one retraining, one release, all answered."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from deployment.release import crash, people
from training import made

from {{cookiecutter.package_name}} import layers, workspace
from {{cookiecutter.package_name}}.deployment.release import journal, wanted
from {{cookiecutter.package_name}}.deployment.release.journal import OPEN
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.events import cloud
from {{cookiecutter.package_name}}.operations.loop import jobs
from {{cookiecutter.package_name}}.operations.policy import decisions
from {{cookiecutter.package_name}}.operations.retraining import asked, event
from {{cookiecutter.package_name}}.operations.retraining.asked import RETRAIN, Signal
from {{cookiecutter.package_name}}.operations.retraining.event import DRIFT_DETECTED, Told
from {{cookiecutter.package_name}}.training import facts

COMMAND = (sys.executable, "-m", layers.PACKAGE, "operate", "--every", "0.1")
LONGEST, EARLIEST, LATEST = 180.0, 0.5, 6.0  # seconds
A_TRIAL = 6  # kills
EVERY = "[every]\n" + "".join(
    f'{name} = "{every}"\n'
    for name, every in {"automation": "1s", "training": "1s", "releases": "1s", "alerts": "1s", "monitor": "0s"}.items()
)


@dataclass
class Found:
    """What came of it; `wrong` has a line for each thing that should not be."""

    signals: int = 0
    kills: int = 0
    requests: int = 0
    failed: int = 0
    ended: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @staticmethod
    def heads() -> list[str]:
        return ["signals", "kills", "requests", "failed", "releases ended", "lost, repeated or unfinished"]

    @property
    def row(self) -> list[str]:
        counts = [self.signals, self.kills, f"{self.requests:,}", self.failed]
        return [*map(str, counts), ", ".join(sorted(set(self.ended))), str(len(self.wrong))]


def prepare(template: Path, world: World) -> None:
    """Rhythm, policy and monitor for seconds and busy machines; what was registered before asks for nothing more."""
    shutil.copytree(template / "azure", world.root / "azure", dirs_exist_ok=True)
    own_commits(world.root)
    jobs.automation(world)
    for request in wanted.waiting(world.dev):
        wanted.take(world.dev, request)
    for name in ("monitor.toml", "policy.toml"):
        shutil.copyfile(template / name, world.root / name)
    for name, old, new in (
        ("monitor.toml", 'cooldown = "2d"', 'cooldown = "0s"'),
        ("monitor.toml", "budget = 4", "budget = 100"),
        ("policy.toml", "p95_ms = 250.0", "p95_ms = 5000.0"),
        ("policy.toml", "promotions = 6", "promotions = 100"),
        ("policy.toml", "stale = 0", "stale = 9"),  # these rows are of a time long past
    ):
        text = (world.root / name).read_text(encoding="utf-8")
        assert old in text
        (world.root / name).write_text(text.replace(old, new), encoding="utf-8")
    (world.root / "operate.toml").write_text(EVERY, encoding="utf-8")


def own_commits(root: Path) -> None:
    """Copies of the tests' repo share its commits; this one gets some of its own."""
    shared = Path((root / ".git").read_text(encoding="utf-8").removeprefix("gitdir:").strip())
    (root / ".git").unlink()
    shutil.copytree(shared, root / ".git")


def told(world: World, number: int) -> Told:
    """Drift of the model that serves, in a window of its own, put into the outbox."""
    now = world.clock.now()
    have = world.endpoint.current()
    champion = next(have.deployments[name].digest for name in have.traffic)
    data = {"kind": "drift", "champion": champion, "until": now.isoformat(), "columns": ["km"], "said": "a test"}
    source = event.source(world.dev)
    it = Told(f"drift-{number}", DRIFT_DETECTED, source, f"models/{champion}", cloud.written(now), data)
    assert event.announce(world.dev, it)
    return it


def another(world: World, number: int) -> None:
    """What is trained next is another model: it learns from fewer rows."""
    path = world.root / "project.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [f"test_fraction = {0.3 + number / 100}" if it.startswith("test_fraction") else it for it in lines]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    made.commit(world.root, f"signal {number}")


def operated(world: World) -> subprocess.Popen[bytes]:
    """The loop, in a process of its own."""
    given = {**os.environ, "PYTHONPATH": str(Path("src").resolve())}
    with (world.root.parent / "operate.log").open("ab") as out:
        return subprocess.Popen(COMMAND, cwd=world.root, env=given, stdout=out, stderr=out)  # noqa: S603 - ours


def settled(world: World, it: Told) -> Signal | None:
    """The signal, once it is known what came of it."""
    found = [one for one in asked.history(world.dev, 500) if one.id == it.id and one.settled]
    return found[0] if found and journal.current(world.prod) is None else None


def trial(world: World, found: Found, number: int, moments: list[float]) -> None:
    """One signal: the loop is killed after each of `moments`, begun anew, and in the end let alone."""
    another(world, number)
    before = counted(world)
    with people.calling(world, "3") as them:
        it = told(world, number)
        for moment in moments:
            process = operated(world)
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            process.wait()
            found.kills += 1
        process = operated(world)
        end = time.monotonic() + LONGEST
        while settled(world, it) is None and process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        process.wait()
    found.signals += 1
    found.requests += them.counts.requests
    found.failed += len(them.counts.failed)
    found.wrong += [f"signal {number}: {said}" for said in problems(world, it, before)]
    found.ended.append(journal.latest(world.prod, 1)[0].status)


def counted(world: World) -> tuple[int, int, int]:
    """(versions, releases, signals) that there are."""
    versions = world.registry(world.dev).versions()
    return len(versions), len(journal.latest(world.prod, 500)), len(asked.history(world.dev, 500))


def problems(world: World, it: Told, before: tuple[int, int, int]) -> list[str]:
    """What is not as one undisturbed loop leaves it."""
    signal_, wrong = settled(world, it), []
    if signal_ is None or signal_.action != RETRAIN:
        return [f"it is not settled: {signal_}"]
    with workspace.database(world.dev.state, facts.TABLES) as connection:
        sql = "SELECT count(*) AS count FROM runs WHERE request = ? AND status = ?"
        runs = connection.execute(sql, (signal_.request, facts.COMPLETED)).fetchone()["count"]
    if runs != 1:
        wrong.append(f"{runs} runs went through")
    after = counted(world)
    if tuple(now - then for now, then in zip(after, before, strict=True)) != (1, 1, 1):
        wrong.append(f"versions, releases, signals were {before} and are {after}")
    last = journal.latest(world.prod, 1)[0]
    if last.status == OPEN or (last.status == "done" and last.approved != "policy.toml"):
        wrong.append(last.sentence)
    have, champion = world.endpoint.current(), world.registry(world.prod).champion()
    served = {have.deployments[name].digest: share for name, share in have.traffic.items()}
    if champion is None or served != {champion.sha256: 100}:
        wrong.append(f"callers get {served}")
    if len(decisions.again(world.prod)) < 1:
        wrong.append("the policy was not asked")
    return wrong


def run(template: Path, scratch: Path, kills: int, seed: int = 7) -> Found:
    """So many kills at random moments, a few for each signal."""
    found, moment = Found(), random.Random(seed)  # noqa: S311 - not a secret
    with crash.served(template, scratch) as world:
        prepare(template, world)
        while found.kills < kills:
            some = [moment.uniform(EARLIEST, LATEST) for _ in range(min(A_TRIAL, kills - found.kills))]
            trial(world, found, found.signals, some)
    return found
