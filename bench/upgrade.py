"""What the corpus of edited repos meets on its way to Level 4, as Markdown; and how long a climb takes.

python bench/upgrade.py                      the conflicts of each climb
python bench/upgrade.py --suites PYTHON      also each climbed repo's own tests, by a Python that has what Level 4 needs
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import click

if __package__ in (None, ""):  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import setting
from bench.timings import Timing
from ladder.moving.renders import Renders
from tests.emission import run
from tests.upgrade import corpus, teams
from tests.upgrade.corpus import Corpus
from tests.upgrade.edits import EDITS, Edit
from tests.upgrade.teams import Team

AIM, TIMES = 3.0, 5


@dataclass(frozen=True)
class Result:
    """What became of an edit set: level that it began at -> level of a step -> conflicts; the suites' last lines."""

    name: str
    conflicts: dict[int, dict[int, list[str]]]
    trees: int
    tests: list[str]
    breaks: str


@click.command()
@click.option("--suites", type=click.Path(path_type=Path, exists=True), help="A Python with all of Level 4's packages.")
@click.option("--only", multiple=True, help="Edit sets to take, by a part of their name.")
def main(suites: Path | None, only: tuple[str, ...]) -> None:
    """Climb with every edit set from every level; keep what came of it in build/bench/upgrade.json."""
    results: list[Result] = []
    chosen = {name: one for name, one in EDITS.items() if not only or any(part in name for part in only)}
    click.echo("| edit set | from levels | conflicts | emitted tests of Level 4 |\n|---|---|---|---|")
    with repos() as there:
        for name, one in chosen.items():
            results.append(result(there, name, one, suites))
            click.echo(shown(results[-1]))
    click.echo(total(results))
    setting.BUILD.mkdir(parents=True, exist_ok=True)
    kept = [asdict(one) for one in results]
    (setting.BUILD / "upgrade.json").write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


@contextmanager
def repos() -> Iterator[Corpus]:
    """A place for repos, with nothing of the user's own git settings."""
    os.environ |= teams.ENV
    with tempfile.TemporaryDirectory(prefix="ladder-bench-") as folder:
        place = Path(folder)
        (place / "renders").mkdir()
        yield Corpus(place, Renders(place / "renders"))


def climbs() -> list[Timing]:
    """The median duration of each level's climb, by the command, start and all."""
    with repos() as there:
        return [
            Timing(f"`ladder upgrade`, level {level} to {level + 1}", median(climbed(there, level)), AIM)
            for level in range(corpus.TOP)
        ]


def climbed(there: Corpus, level: int) -> Iterator[float]:
    """The duration of a climb, several times; each time in a fresh repo."""
    command = [sys.executable, "-m", "ladder", "upgrade", "--to", str(level + 1)]
    for _ in range(TIMES):
        team = there.begun(level, "timed")
        started = time.perf_counter()
        subprocess.run(command, cwd=team.project, check=True, capture_output=True)
        yield time.perf_counter() - started


def result(there: Corpus, name: str, one: Edit, suites: Path | None) -> Result:
    """An edit set's climbs from every level; repos that come to the same tree are tested once."""
    ended = {level: corpus.climb(there.edited(name, level)) for level in range(one.since, one.until + 1)}
    trees = {climbed.team.git("rev-parse", "HEAD^{tree}"): climbed.team for climbed in ended.values()}
    tests = [tested(team, suites) for team in trees.values()] if suites else []
    return Result(name, {level: climbed.conflicts for level, climbed in ended.items()}, len(trees), tests, one.breaks)


def tested(team: Team, python: Path) -> str:
    """The last line of the emitted suite, and what failed in it."""
    env = {"PYTHONPATH": "src", "OMP_NUM_THREADS": "1"}
    command = [python.absolute(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no"]
    lines = run(*command, cwd=team.project, env=env).stdout.strip().splitlines() or ["it said nothing"]
    failed = [line.partition(" - ")[0] for line in lines if line.startswith(("FAILED", "ERROR"))]
    return "; ".join([lines[-1], *failed[:5]])


def shown(found: Result) -> str:
    """A line of the table."""
    met = [f"{level}: {steps}" for level, of in found.conflicts.items() if (steps := steps_of(of))]
    ended = "<br>".join([*found.tests, *filter(None, [found.breaks])]) if found.tests else "not run"
    return f"| {found.name} | {', '.join(map(str, found.conflicts))} | {'; '.join(met) or 'none'} | {ended} |"


def steps_of(found: dict[int, list[str]]) -> str:
    """`README.md at 1/2`."""
    files = sorted({path for paths in found.values() for path in paths})
    return ", ".join(f"{path} at {'/'.join(str(step) for step in found if path in found[step])}" for path in files)


def total(results: list[Result]) -> str:
    """How many climbs, how many of them met conflicts, in which files."""
    climbs = [met for one in results for met in one.conflicts.values()]
    files = sorted({path for met in climbs for paths in met.values() for path in paths})
    clean = sum(not met for met in climbs)
    where = f"; conflicts in {', '.join(files)}" if files else ""
    return f"\n{len(results)} edit sets, {len(climbs)} climbs, {clean} without a conflict{where}"


if __name__ == "__main__":
    main()
