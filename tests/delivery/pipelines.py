"""The workflows of the three providers, read: their jobs, the lines of shell in them, what those lines call."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ..emission import done

FILES = {
    "github": (".github/workflows/ci.yml", ".github/workflows/release.yml"),
    "azure-devops": (".azuredevops/ci.yml", ".azuredevops/release.yml"),
    "gitlab": (".gitlab-ci.yml",),
}
TRAIN = {
    "github": ".github/workflows/train.yml",
    "azure-devops": ".azuredevops/train.yml",
    "gitlab": ".gitlab/train.yml",
}  # from Level 2 on
WITH_CI = tuple(FILES)
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)([^#\n]*)", re.MULTILINE)
CALLED = re.compile(r"(?:^|[\s&|;`/(\"])(make|mlops) +((?:[a-z][a-z-]*)(?: +[a-z][a-z-]*)*)")
RESERVED = {"default", "include", "stages", "variables", "workflow"}


@dataclass
class Job:
    """One job: its lines of shell, the jobs that it waits for, whether it runs for a tag, and whether it trains."""

    name: str
    lines: list[str]
    needs: list[str] = field(default_factory=list)
    release: bool = False
    train: bool = False


def files(repo: Path, provider: str) -> list[str]:
    """The names of a provider's workflows that the level of `repo` has."""
    return [name for name in (*FILES[provider], TRAIN[provider]) if (repo / name).exists()]


def jobs(repo: Path, provider: str) -> list[Job]:
    """All jobs of a provider's workflows, those of the release marked."""
    found = []
    for name in files(repo, provider):
        content = yaml.safe_load((repo / name).read_text(encoding="utf-8"))
        release = name.endswith("release.yml")
        read = list({"github": github, "azure-devops": azure, "gitlab": gitlab}[provider](content, release))
        found += [replace(job, train=name == TRAIN[provider]) for job in read]
    return found


def github(content: dict[str, Any], release: bool) -> Iterator[Job]:
    for name, job in content["jobs"].items():
        lines = [step["run"] for step in job["steps"] if "run" in step]
        yield Job(name, lines, words(job.get("needs", [])), release)


def azure(content: dict[str, Any], release: bool) -> Iterator[Job]:
    for job in content["jobs"]:
        yield Job(job["job"], list(scripts(job["steps"])), words(job.get("dependsOn", [])), release)


def scripts(steps: list[Any]) -> Iterator[str]:
    """Every script of a list of steps, those under a condition too."""
    for step in steps:
        if "script" in step:
            yield step["script"]
        if "inlineScript" in step.get("inputs", {}):
            yield step["inputs"]["inlineScript"]
        for key, value in step.items():
            if key.startswith("${{"):
                yield from scripts(value)


def gitlab(content: dict[str, Any], _: bool) -> Iterator[Job]:
    for name, job in content.items():
        if name not in RESERVED and not name.startswith("."):
            base = content.get(job.get("extends", ""), {})
            lines = [*base.get("before_script", []), *job["script"]]
            yield Job(name, lines, words(job.get("needs", [])), job["stage"] == "release")


def words(one_or_many: str | list[str]) -> list[str]:
    return [one_or_many] if isinstance(one_or_many, str) else one_or_many


def called(text: str, program: str) -> set[str]:
    """The targets of `make`, or the commands of `mlops`, that a text calls."""
    found = [(name, rest.split()) for name, rest in CALLED.findall(text)]
    return {word for name, rest in found if name == program for word in (rest if name == "make" else rest[:1])}


def targets(repo: Path) -> dict[str, list[str]]:
    """Target -> what it needs, of the repo's Makefile and make/*.mk."""
    makefiles = [repo / "Makefile", *sorted((repo / "make").glob("*.mk"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in makefiles)
    return {name: needs.split() for name, needs in TARGET.findall(text)}


def commands(repo: Path) -> set[str]:
    """The commands that the emitted `mlops` has."""
    package = next((repo / "src").iterdir()).name
    script = f"from {package} import cli; print(*cli.main.commands)"
    return set(done(sys.executable, "-c", script, cwd=repo, env={"PYTHONPATH": str(repo / "src")}).split())


def runs(workflow: Path) -> list[str]:
    """The lines of shell of one workflow of GitHub."""
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    return [line for job in github(content, False) for line in job.lines]
