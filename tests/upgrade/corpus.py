"""The corpus at work: a repo of the real template, an edit set, the climb to Level 4, its conflicts resolved."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from ladder.moving.renders import Renders

from ..emission import table
from .edits import EDITS
from .teams import Team, begin

TOP = 4
CONFLICT = re.compile(r"^<<<<<<< .*?\n(.*?)^\|{7} .*?^={7}\n.*?^>{7} .*?\n", re.MULTILINE | re.DOTALL)
CASES = [(name, level) for name, one in EDITS.items() for level in range(one.since, one.until + 1)]


@dataclass
class Climbed:
    """A repo at Level 4, the conflicts that were met on the way (level -> files), and what the last move said."""

    team: Team
    conflicts: dict[int, list[str]] = field(default_factory=dict)
    told: str = ""


@dataclass(frozen=True)
class Corpus:
    """Where the repos are made; renders and the commits that they begin with are shared."""

    folder: Path
    renders: Renders

    def begun(self, level: int, name: str) -> Team:
        """A team's repo at a level, a copy of one that is made once."""
        first = self.folder / f"level-{level}"
        if not first.exists():
            begin(first, level, made=self.renders)
        place = self.folder / name.replace(" ", "-") / str(level) / "trip-duration"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(first, place)
        return Team(place, place, self.renders)

    def edited(self, name: str, level: int) -> Team:
        """A repo with an edit set, committed."""
        team = self.begun(level, name)
        EDITS[name].does(team)
        team.commit(name)
        return team


def climb(team: Team) -> Climbed:
    """Go to Level 4; where a step has conflicts the team keeps what it has, and goes on."""
    climbed = Climbed(team)
    while team.level < TOP:
        outcome = team.move(TOP)
        assert outcome.code in (0, 1), outcome.told
        climbed.told = outcome.told
        if outcome.code == 1:
            left = team.conflicts()
            for path in left:
                keep(team, path)
            team.git("cherry-pick", "--continue")
            assert team.level not in climbed.conflicts, outcome.told
            climbed.conflicts[team.level] = left
    return climbed


def work(team: Team, edited: str = "HEAD") -> dict[str, str | None]:
    """Path -> what stands there now, of the files that an edit set touched and no level may change."""
    differs = {*table()["differs"], ".gitignore", ".github/workflows/ci.yml"}
    touched = set(team.git("diff", "--name-only", "--no-renames", f"{edited}~1", edited).splitlines())
    files = team.files()
    return {path: files.get(path) for path in touched - differs - only_moved(team, edited)}


def only_moved(team: Team, edited: str) -> set[str]:
    """The files that a level retires, where an edit set has moved them as they were."""
    retired = {path for row in table()["level"] for path in row.get("retires", [])}
    before, after = (listed(team, commit) for commit in (f"{edited}~1", edited))
    contents = {before[path] for path in retired & before.keys()}
    return {path for path, content in after.items() if content in contents}


def listed(team: Team, commit: str) -> dict[str, str]:
    """Path -> what stands there in a commit."""
    lines = [line.partition("\t") for line in team.git("ls-tree", "-r", commit).splitlines()]
    return {path: described.split()[2] for described, _, path in lines}


def keep(team: Team, path: str) -> None:
    """Resolve a conflict as the team would: with their text where both stand, or with their deletion."""
    if team.asked("cat-file", "-e", f":2:{path}") == 0:
        team.write(path, CONFLICT.sub(r"\1", team.read(path)))
        team.git("add", "--", path)
    else:
        team.git("rm", "-q", "--", path)


def expected(name: str, level: int) -> dict[int, list[str]]:
    """The conflicts that an edit set is known to have from a level on: level of the step -> files."""
    found: dict[int, list[str]] = {}
    for path, steps in EDITS[name].conflicts.items():
        for step in steps:
            if step > level:
                found.setdefault(step, []).append(path)
    return found


def summary() -> str:
    """How many climbs there are, and how many of them meet a conflict."""
    met = [expected(name, level) for name, level in CASES]
    files = sorted({path for found in met for paths in found.values() for path in paths})
    clean = sum(not found for found in met)
    where = ", ".join(f"`{path}`" for path in files)
    many = f"{len(EDITS)} edit sets, {len(CASES)} climbs to Level {TOP}"
    return f"{many}; {clean} meet no conflict, the others only in {where}."


def markdown() -> str:
    """The table for the docs."""
    lines = [summary(), "", "| edit set | begun at levels | conflicts at the steps to | emitted tests that it breaks |"]
    lines.append("|---|---|---|---|")
    for name, one in EDITS.items():
        levels = ", ".join(map(str, range(one.since, one.until + 1)))
        met = "; ".join(f"`{path}`: {', '.join(map(str, steps))}" for path, steps in one.conflicts.items())
        lines.append(f"| {name} | {levels} | {met or 'none'} | {one.breaks or 'none'} |")
    return "\n".join(lines)
