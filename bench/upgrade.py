"""How long a climb takes, and what the corpus of edited repos meets on its way to Level 4; as Markdown.

python bench/upgrade.py                      seconds a level, conflicts of each climb
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
from pathlib import Path
from statistics import median

import click

if __package__ in (None, ""):  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).parent.parent))

from ladder.moving.renders import Renders
from tests.upgrade import corpus, teams
from tests.upgrade.corpus import Climbed, Corpus
from tests.upgrade.edits import EDITS, Edit

ROOT = Path(__file__).parent.parent
AIM, TIMES = 3.0, 5


@click.command()
@click.option("--suites", type=click.Path(path_type=Path, exists=True), help="A Python with all of Level 4's packages.")
@click.option("--only", multiple=True, help="Edit sets to take, by a part of their name.")
def main(suites: Path | None, only: tuple[str, ...]) -> None:
    """Measure climbs, then climb with every edit set from every level."""
    os.environ |= teams.ENV
    with tempfile.TemporaryDirectory(prefix="ladder-bench-") as folder:
        place = Path(folder)
        (place / "renders").mkdir()
        there = Corpus(place, Renders(place / "renders"))
        if not only:
            for line in seconds(there):
                click.echo(line)
        chosen = {name: one for name, one in EDITS.items() if not only or any(part in name for part in only)}
        results = []
        click.echo("\n| edit set | from levels | conflicts | emitted tests of Level 4 |\n|---|---|---|---|")
        for name, one in chosen.items():
            results.append(row(there, name, one, suites))
            click.echo(shown(results[-1]))
    click.echo(total(results))
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "upgrade.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def seconds(there: Corpus) -> Iterator[str]:
    """The median duration of each level's climb, by the command, start and all."""
    yield "| climb | median | aim | |\n|---|---:|---:|---|"
    for level in range(corpus.TOP):
        found = []
        for _ in range(TIMES):
            team = there.begun(level, "timed")
            started = time.perf_counter()
            command = [sys.executable, "-m", "ladder", "upgrade", "--to", str(level + 1)]
            subprocess.run(command, cwd=team.project, check=True, capture_output=True)
            found.append(time.perf_counter() - started)
        met = "met" if median(found) < AIM else "NOT MET"
        yield f"| {level} to {level + 1} | {median(found):.2f} s | < {AIM:g} s | {met} |"


def row(there: Corpus, name: str, one: Edit, suites: Path | None) -> dict[str, object]:
    """An edit set's climbs from every level; repos that come to the same tree are tested once."""
    climbs = {level: corpus.climb(there.edited(name, level)) for level in range(one.since, one.until + 1)}
    trees = {climbed.team.git("rev-parse", "HEAD^{tree}"): climbed for climbed in climbs.values()}
    verdicts = [tested(climbed, suites) for climbed in trees.values()] if suites else []
    conflicts = {str(level): climbed.conflicts for level, climbed in climbs.items()}
    return {"name": name, "conflicts": conflicts, "trees": len(trees), "tests": verdicts, "breaks": one.breaks}


def tested(climbed: Climbed, python: Path) -> str:
    """The last line of the emitted suite, and what failed in it."""
    env = {**os.environ, "PYTHONPATH": "src", "OMP_NUM_THREADS": "1"}
    command = [str(python.absolute()), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no"]
    ran = subprocess.run(command, cwd=climbed.team.project, env=env, check=False, capture_output=True, text=True)
    lines = ran.stdout.strip().splitlines() or [ran.stderr.strip()[-200:]]
    failed = [line.partition(" - ")[0] for line in lines if line.startswith(("FAILED", "ERROR"))]
    return "; ".join([lines[-1], *failed[:5]])


def shown(result: dict[str, object]) -> str:
    """A line of the table."""
    conflicts = result["conflicts"]
    tests, breaks = result["tests"], result["breaks"]
    assert isinstance(conflicts, dict)
    assert isinstance(tests, list)
    met = [f"{level}: {steps}" for level, of in conflicts.items() if (steps := steps_of(of))]
    ended = "<br>".join(tests) + (f" ({breaks})" if breaks else "")
    return f"| {result['name']} | {', '.join(conflicts)} | {'; '.join(met) or 'none'} | {ended or 'not run'} |"


def steps_of(found: dict[int, list[str]]) -> str:
    """`README.md at 1, 2`."""
    files = sorted({path for paths in found.values() for path in paths})
    return ", ".join(f"{path} at {'/'.join(str(step) for step in found if path in found[step])}" for path in files)


def total(results: list[dict[str, object]]) -> str:
    """How many climbs, how many steps of them had conflicts, in which files."""
    climbs = [found for result in results for found in dict(result["conflicts"]).values()]  # type: ignore[call-overload]
    met = [paths for found in climbs for paths in found.values()]
    files = sorted({path for paths in met for path in paths})
    clean = sum(not found for found in climbs)
    return (
        f"\n{len(results)} edit sets, {len(climbs)} climbs, {clean} without a conflict; conflicts in {', '.join(files)}"
    )


if __name__ == "__main__":
    main()
