"""What is missing at the next level, and which files would bring it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .. import template
from .contract import LEVELS, Statement
from .judge import Verdict
from .repo import Repo

CI = "ci"
PACKAGE = "src/{{cookiecutter.package_name}}/"
RECORD = ".ladder.json"


@dataclass(frozen=True)
class Gap:
    """A statement of the next level that does not hold: files that are absent, and those that are to be mended."""

    statement: Statement
    said: str
    absent: tuple[str, ...]
    present: tuple[str, ...]


@dataclass(frozen=True)
class Next:
    """The next level, its gaps, and the command that adds the files; None where there is no higher one."""

    level: int
    gaps: tuple[Gap, ...]
    command: str


def find(repo: Repo, verdicts: list[Verdict], level: int | None) -> Next | None:
    """The gaps between what a repo is and the level above."""
    goal = 0 if level is None else level + 1
    if goal not in LEVELS:
        return None
    record = recorded(repo)
    package = str(record.get("answers", {}).get("package_name") or "<package>")
    rows = [
        gap(repo, it, package, str(record.get("answers", {}).get("ci_provider") or provider(repo)))
        for it in verdicts
        if it.failed and it.statement.due <= goal
    ]
    return Next(goal, tuple(rows), command(record, goal))


def recorded(repo: Repo) -> dict[str, Any]:
    """What the repo says of its own origin."""
    try:
        found = json.loads(repo.text(RECORD) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("answers", {}), dict) else {}


def command(record: dict[str, Any], goal: int) -> str:
    """What adds a level's files here."""
    if not record:
        return f"ladder adopt . --level {goal}"
    own = record.get("level")
    return f"ladder upgrade --to {goal}" if isinstance(own, int) and own < goal else ""


def provider(repo: Repo) -> str:
    """Whose CI a repo seems to use."""
    if repo.glob(".gitlab-ci.yml"):
        return "gitlab"
    return "azure-devops" if repo.glob(".azuredevops/*", "azure-pipelines*.yml") else "github"


def gap(repo: Repo, found: Verdict, package: str, ci: str) -> Gap:
    """A statement with the paths of levels.toml that bring it, by whether they are there."""
    paths = named(found.statement, ci)
    shown = [path.replace(PACKAGE, f"src/{package}/") for path in paths]
    there = [path for path in shown if repo.has(path) or repo.glob(f"{path}/*")]
    return Gap(found.statement, found.said, tuple(path for path in shown if path not in there), tuple(there))


def named(it: Statement, ci: str) -> list[str]:
    """The paths of levels.toml that a statement's `files` mean."""
    found: list[str] = []
    for row in template.table():
        if row["number"] > it.level:
            continue
        for wanted in it.files:
            if wanted == CI:
                found += row.get("ci", {}).get(ci, []) if row["number"] == it.level else []
            else:
                found += [path for path in row["paths"] if path.replace(PACKAGE, "src/*/") == wanted]
    return list(dict.fromkeys(found))
